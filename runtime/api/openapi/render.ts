import type { DefinitionWriter } from './definitions';
import { meta, type Flavour, type JsonObject } from './documents';
import { rootOf, tagOf, type Operation, type PathItem } from './operations';
import { describeParameter } from './texts';

const produced = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];
const streamed = ['application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch'];
const patchTypes = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
];
const reasons: Record<number, string> = { 200: 'OK', 201: 'Created', 202: 'Accepted' };

const booleans = new Set([
  'allowWatchBookmarks',
  'follow',
  'force',
  'ignoreStoreReadErrorWithClusterBreakingPotential',
  'insecureSkipTLSVerifyBackend',
  'orphanDependents',
  'previous',
  'sendInitialEvents',
  'stderr',
  'stdin',
  'stdout',
  'timestamps',
  'tty',
  'watch',
]);
const integers = new Set([
  'gracePeriodSeconds',
  'limit',
  'limitBytes',
  'ports',
  'sinceSeconds',
  'tailLines',
  'timeoutSeconds',
]);
const typeOf = (name: string) => (booleans.has(name) ? 'boolean' : integers.has(name) ? 'integer' : 'string');

/** Writes operations for one flavour of document. */
export class PathWriter {
  constructor(
    private readonly flavour: Flavour,
    private readonly definitions: DefinitionWriter,
    /** Custom kinds have no strategic merge patch. */
    private readonly isCustom: (operation: Operation) => boolean,
  ) {}

  item(item: PathItem): JsonObject {
    const operations = item.operations.map((operation): [string, JsonObject] => [
      operation.method,
      this.operation(operation, item.tag),
    ]);
    return {
      ...Object.fromEntries(operations),
      ...(item.pathParameters.length > 0 && {
        parameters: item.pathParameters.map((name) => this.pathParameter(name, item.named)),
      }),
    };
  }

  /** A path that answers GET alone, such as discovery's. */
  reading(id: string, description: string, tag: string, response: string): JsonObject {
    const operation = {
      description,
      operationId: id,
      tags: [tag],
      responses: this.responses(response, [200], produced),
    };
    if (this.flavour === 'v3') return { get: operation };
    return { get: { ...operation, consumes: produced, produces: produced, schemes: ['https'] } };
  }

  private parameter(name: string, place: 'query' | 'path', description: string, type: string): JsonObject {
    const base = { description, in: place, name, ...(place === 'path' && { required: true }) };
    return this.flavour === 'v2'
      ? { ...base, type, uniqueItems: true }
      : { ...base, schema: { type, uniqueItems: true } };
  }

  private pathParameter(name: string, kind: string): JsonObject {
    const known: Record<string, string> = { name: `name of the ${kind}`, path: 'path to the resource' };
    return this.parameter(name, 'path', known[name] ?? describeParameter(name, ''), 'string');
  }

  private operation(operation: Operation, tag: string): JsonObject {
    const query = operation.query.map((name) =>
      this.parameter(name, 'query', describeParameter(name, operation.name), typeOf(name)),
    );
    const media = operation.streams
      ? [...produced, ...streamed]
      : operation.response === undefined
        ? ['*/*']
        : produced;
    const document: JsonObject = {
      description: operation.description,
      operationId: operation.id,
      tags: [tag],
      responses: this.responses(operation.response, operation.codes, media),
      'x-kubernetes-action': operation.action,
      'x-kubernetes-group-version-kind': { ...operation.kind },
    };
    return this.flavour === 'v2' ? this.asV2(document, operation, query, media) : this.asV3(document, operation, query);
  }

  private bodyTypes(operation: Operation): string[] {
    if (!operation.patch) return ['*/*'];
    return this.isCustom(operation) ? patchTypes.filter((type) => !type.includes('strategic')) : patchTypes;
  }

  private asV2(document: JsonObject, operation: Operation, query: JsonObject[], media: string[]): JsonObject {
    const { body } = operation;
    const bodyParameter = body && {
      in: 'body',
      name: 'body',
      ...(!body.optional && { required: true }),
      schema: this.definitions.reference(body.definition),
    };
    return {
      ...document,
      consumes: this.bodyTypes(operation),
      produces: media,
      schemes: ['https'],
      ...((bodyParameter ?? query.length > 0) && { parameters: [...(bodyParameter ? [bodyParameter] : []), ...query] }),
    };
  }

  private asV3(document: JsonObject, operation: Operation, query: JsonObject[]): JsonObject {
    const { body } = operation;
    const content =
      body &&
      Object.fromEntries(
        this.bodyTypes(operation).map((type) => [type, { schema: this.definitions.reference(body.definition) }]),
      );
    return {
      ...document,
      ...(query.length > 0 && { parameters: query }),
      ...(body && content && { requestBody: { content, ...(!body.optional && { required: true }) } }),
    };
  }

  private responses(response: string | undefined, codes: readonly number[], media: string[]): JsonObject {
    const schema = response === undefined ? { type: 'string' } : this.definitions.reference(response);
    const body: JsonObject =
      this.flavour === 'v2' ? { schema } : { content: Object.fromEntries(media.map((type) => [type, { schema }])) };
    const successes = codes.map((code): [string, JsonObject] => [
      String(code),
      { description: reasons[code] ?? '', ...body },
    ]);
    return Object.fromEntries([...successes, ['401', { description: 'Unauthorized' }]]);
  }
}

const capital = (text: string) => text.slice(0, 1).toUpperCase() + text.slice(1);

/** Discovery's paths for one group version. */
export function discoveryPaths(writer: PathWriter, group: string, version: string): JsonObject {
  const name = capital(tagOf(group)) + capital(version);
  return {
    [`${rootOf(group, version)}/`]: writer.reading(
      `get${name}APIResources`,
      'get available resources',
      tagOf(group, version),
      `${meta}.APIResourceList`,
    ),
  };
}

/** Discovery's paths above the group versions, and the version. */
export function rootPaths(writer: PathWriter, groups: Iterable<string>): JsonObject {
  const paths: JsonObject = {
    '/apis/': writer.reading('getAPIVersions', 'get available API versions', 'apis', `${meta}.APIGroupList`),
    '/version/': writer.reading(
      'getCodeVersion',
      'get the version information for this server',
      'version',
      'io.k8s.apimachinery.pkg.version.Info',
    ),
  };
  for (const group of groups) {
    paths[`${rootOf(group)}/`] =
      group === ''
        ? writer.reading('getCoreAPIVersions', 'get available API versions', 'core', `${meta}.APIVersions`)
        : writer.reading(
            `get${capital(tagOf(group))}APIGroup`,
            'get information of a group',
            tagOf(group),
            `${meta}.APIGroup`,
          );
  }
  return paths;
}
