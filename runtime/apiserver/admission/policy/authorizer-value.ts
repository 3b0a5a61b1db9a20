import type { Environment } from '@marcbachmann/cel-js';
import type { Authorizer, RequestInfo, UserInfo } from '../../request';

/** The `authorizer` of expressions: questions are put together step by step (apiserver/pkg/cel/library/authz.go). */
export class CelAuthorizer {
  constructor(
    readonly authorizer: Authorizer,
    readonly user: UserInfo,
  ) {}
}
class PathCheck {
  constructor(
    readonly asker: CelAuthorizer,
    readonly path: string,
  ) {}
}
class GroupCheck {
  constructor(
    readonly asker: CelAuthorizer,
    readonly group: string,
  ) {}
}

interface Question {
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
}

export class ResourceCheck {
  constructor(
    readonly asker: CelAuthorizer,
    readonly question: Question,
  ) {}
}
class CelDecision {
  constructor(
    readonly allowed: boolean,
    readonly reason: string,
  ) {}
}

function decide({ authorizer, user }: CelAuthorizer, about: Partial<RequestInfo>): CelDecision {
  const nothing = {
    isResourceRequest: true,
    path: '',
    verb: '',
    group: '',
    version: '*',
    namespace: '',
    resource: '',
    subresource: '',
    name: '',
  };
  const { allowed, reason = '' } = authorizer.authorize(user, { ...nothing, ...about });
  return new CelDecision(allowed, reason);
}

const narrowed = ({ asker, question }: ResourceCheck, part: Partial<Question>) =>
  new ResourceCheck(asker, { ...question, ...part });

const serviceAccount = ({ authorizer }: CelAuthorizer, namespace: string, name: string) =>
  new CelAuthorizer(authorizer, {
    name: `system:serviceaccount:${namespace}:${name}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
  });

const functions: Readonly<Record<string, (...args: never[]) => unknown>> = {
  'Authorizer.path(string): PathCheck': (asker: CelAuthorizer, path: string) => new PathCheck(asker, path),
  'Authorizer.group(string): GroupCheck': (asker: CelAuthorizer, group: string) => new GroupCheck(asker, group),
  'Authorizer.serviceAccount(string, string): Authorizer': serviceAccount,
  'GroupCheck.resource(string): ResourceCheck': ({ asker, group }: GroupCheck, resource: string) =>
    new ResourceCheck(asker, { group, resource, subresource: '', namespace: '', name: '' }),
  'ResourceCheck.subresource(string): ResourceCheck': (check: ResourceCheck, subresource: string) =>
    narrowed(check, { subresource }),
  'ResourceCheck.namespace(string): ResourceCheck': (check: ResourceCheck, namespace: string) =>
    narrowed(check, { namespace }),
  'ResourceCheck.name(string): ResourceCheck': (check: ResourceCheck, name: string) => narrowed(check, { name }),
  'ResourceCheck.check(string): Decision': ({ asker, question }: ResourceCheck, verb: string) =>
    decide(asker, { verb, ...question }),
  'PathCheck.check(string): Decision': ({ asker, path }: PathCheck, verb: string) =>
    decide(asker, { isResourceRequest: false, verb, path }),
  'Decision.allowed(): bool': ({ allowed }: CelDecision) => allowed,
  'Decision.reason(): string': ({ reason }: CelDecision) => reason,
  'Decision.errored(): bool': () => false,
  'Decision.error(): string': () => '',
};

export function declareAuthorizer(environment: Environment): void {
  const types = { Authorizer: CelAuthorizer, PathCheck, GroupCheck, ResourceCheck, Decision: CelDecision };
  for (const [name, type] of Object.entries(types)) environment.registerType(name, type);
  for (const [signature, handler] of Object.entries(functions)) {
    environment.registerFunction(signature, handler as (...args: unknown[]) => unknown, { async: false });
  }
}
