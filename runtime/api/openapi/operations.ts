import type { GroupVersionKind } from '../object';
import type { ResourceInfo, SubresourceInfo } from '../resource';
import { definitionName, definitionOfKind, listDefinitionName } from './definitions';
import { meta } from './documents';

export type Method = 'get' | 'put' | 'post' | 'delete' | 'patch';

export interface Operation {
  readonly method: Method;
  readonly id: string;
  /** The id without its group and version: the client's method, by which parameters are described. */
  readonly name: string;
  readonly description: string;
  readonly action: string;
  readonly kind: GroupVersionKind;
  readonly query: readonly string[];
  readonly body?: { definition: string; optional?: boolean };
  readonly patch?: boolean;
  /** Definition of what a success carries; undefined for plain text. */
  readonly response: string | undefined;
  readonly codes: readonly number[];
  readonly streams?: boolean;
}

export interface PathItem {
  readonly path: string;
  readonly pathParameters: readonly string[];
  /** Of whom `{name}` is the name. */
  readonly named: string;
  readonly tag: string;
  readonly operations: readonly Operation[];
}

const listQuery = [
  'allowWatchBookmarks',
  'continue',
  'fieldSelector',
  'labelSelector',
  'limit',
  'pretty',
  'resourceVersion',
  'resourceVersionMatch',
  'sendInitialEvents',
  'timeoutSeconds',
  'watch',
];
const deleteQuery = [
  'dryRun',
  'gracePeriodSeconds',
  'ignoreStoreReadErrorWithClusterBreakingPotential',
  'orphanDependents',
  'pretty',
  'propagationPolicy',
];
const collectionQuery = [
  ...new Set([...deleteQuery, ...listQuery.filter((name) => name !== 'allowWatchBookmarks' && name !== 'watch')]),
].sort();
const writeQuery = ['dryRun', 'fieldManager', 'fieldValidation', 'pretty'];
const patchQuery = ['dryRun', 'fieldManager', 'fieldValidation', 'force', 'pretty'];

/** Query parameters of what connects or reads a log. */
const connectQuery: Record<string, readonly string[]> = {
  attach: ['container', 'stderr', 'stdin', 'stdout', 'tty'],
  exec: ['command', 'container', 'stderr', 'stdin', 'stdout', 'tty'],
  portforward: ['ports'],
  proxy: ['path'],
  log: [
    'container',
    'follow',
    'insecureSkipTLSVerifyBackend',
    'limitBytes',
    'pretty',
    'previous',
    'sinceSeconds',
    'stream',
    'tailLines',
    'timestamps',
  ],
};

/** Resources whose deletion answers with the object, whatever became of it, and not with a Status. */
const returnsDeleted = new Set([
  'csidrivers',
  'csinodes',
  'deviceclasses',
  'devicetaintrules',
  'persistentvolumeclaims',
  'persistentvolumes',
  'pods',
  'podtemplates',
  'resourceclaims',
  'resourceclaimtemplates',
  'resourcepoolstatusrequests',
  'resourcequotas',
  'resourceslices',
  'serviceaccounts',
  'services',
  'storageclasses',
  'volumeattachments',
  'volumeattributesclasses',
]);

const withArticle = (kind: string) => `${/^[AEIOU]/.test(kind) ? 'an' : 'a'} ${kind}`;
const capital = (text: string) => text.slice(0, 1).toUpperCase() + text.slice(1);
const words = (group: string) => group.split('.').map(capital).join('');

/** `RbacAuthorization` for rbac.authorization.k8s.io, `StableExampleCom` for stable.example.com. */
function friendlyGroup(group: string): string {
  return group === '' ? 'Core' : words(group.replace(/\.k8s\.io$/, ''));
}

export function tagOf(group: string, version?: string): string {
  const name = friendlyGroup(group);
  const tag = name.slice(0, 1).toLowerCase() + name.slice(1);
  return version === undefined ? tag : `${tag}_${version}`;
}

export const rootOf = (group: string, version?: string) =>
  [group === '' ? '/api' : `/apis/${group}`, version].filter((part) => part !== undefined).join('/');

/** The paths of one resource, written from what it serves. */
class ResourcePaths {
  private readonly definition: string;
  private readonly groupVersion: string;
  private readonly scope: string;

  constructor(private readonly info: ResourceInfo) {
    this.definition = definitionName(info);
    this.groupVersion = friendlyGroup(info.group) + capital(info.version);
    this.scope = info.namespaced ? 'Namespaced' : '';
  }

  all(): PathItem[] {
    const { info } = this;
    const root = rootOf(info.group, info.version);
    const collection = info.namespaced ? `${root}/namespaces/{namespace}/${info.resource}` : `${root}/${info.resource}`;
    const items = [this.item(collection, this.collection()), this.item(`${collection}/{name}`, this.single())];
    if (info.namespaced && this.serves('list'))
      items.push(this.item(`${root}/${info.resource}`, [this.list(`${info.kind}ForAllNamespaces`)]));
    for (const sub of info.subresources) items.push(...this.subresource(`${collection}/{name}/${sub.name}`, sub));
    return items.filter((item) => item.operations.length > 0);
  }

  private serves(verb: ResourceInfo['verbs'][number]): boolean {
    return this.info.verbs.includes(verb);
  }

  private item(path: string, operations: (Operation | undefined)[]): PathItem {
    return {
      path,
      pathParameters: [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] as string),
      named: this.info.kind,
      tag: tagOf(this.info.group, this.info.version),
      operations: operations.filter((operation) => operation !== undefined),
    };
  }

  private operation(
    method: Method,
    verb: string,
    noun: string,
    description: string,
    more: Pick<Operation, 'action' | 'query' | 'codes'> & Partial<Operation>,
  ): Operation {
    const { group, version, kind } = this.info;
    return {
      method,
      id: `${verb}${this.groupVersion}${noun}`,
      name: verb + noun,
      description,
      kind: { group, version, kind },
      response: this.definition,
      ...more,
    };
  }

  private list(noun: string): Operation {
    return this.operation(
      'get',
      'list',
      noun,
      `list ${this.serves('watch') ? 'or watch ' : ''}objects of kind ${this.info.kind}`,
      {
        action: 'list',
        query: listQuery,
        codes: [200],
        response: listDefinitionName(this.info),
        streams: this.serves('watch'),
      },
    );
  }

  private collection(): (Operation | undefined)[] {
    const { kind } = this.info;
    const noun = this.scope + kind;
    return [
      this.serves('list') ? this.list(noun) : undefined,
      this.serves('create')
        ? this.operation('post', 'create', noun, `create ${withArticle(kind)}`, {
            action: 'post',
            query: writeQuery,
            codes: [200, 201, 202],
            body: { definition: this.definition },
          })
        : undefined,
      this.serves('deletecollection')
        ? this.operation('delete', 'delete', `Collection${noun}`, `delete collection of ${kind}`, {
            action: 'deletecollection',
            query: collectionQuery,
            codes: [200],
            response: `${meta}.Status`,
            body: { definition: `${meta}.DeleteOptions`, optional: true },
          })
        : undefined,
    ];
  }

  private single(): (Operation | undefined)[] {
    const { kind } = this.info;
    const noun = this.scope + kind;
    return [
      this.serves('get') ? this.read(noun, `read the specified ${kind}`) : undefined,
      this.serves('update') ? this.replace(noun, `replace the specified ${kind}`, this.definition) : undefined,
      this.serves('delete')
        ? this.operation('delete', 'delete', noun, `delete ${withArticle(kind)}`, {
            action: 'delete',
            query: deleteQuery,
            codes: [200, 202],
            body: { definition: `${meta}.DeleteOptions`, optional: true },
            response: returnsDeleted.has(this.info.resource) ? this.definition : `${meta}.Status`,
          })
        : undefined,
      this.serves('patch') ? this.patch(noun, `partially update the specified ${kind}`) : undefined,
    ];
  }

  private read(noun: string, description: string, more: Partial<Operation> = {}): Operation {
    return this.operation('get', 'read', noun, description, {
      action: 'get',
      query: ['pretty'],
      codes: [200],
      ...more,
    });
  }

  private replace(noun: string, description: string, definition: string, more: Partial<Operation> = {}): Operation {
    return this.operation('put', 'replace', noun, description, {
      action: 'put',
      query: writeQuery,
      codes: [200, 201],
      body: { definition },
      ...more,
    });
  }

  private patch(noun: string, description: string, more: Partial<Operation> = {}): Operation {
    return this.operation('patch', 'patch', noun, description, {
      action: 'patch',
      query: patchQuery,
      codes: [200, 201],
      body: { definition: `${meta}.Patch` },
      patch: true,
      ...more,
    });
  }

  private subresource(path: string, sub: SubresourceInfo): PathItem[] {
    if (sub.name in connectQuery && sub.name !== 'log') return this.connect(path, sub);
    const { kind } = this.info;
    const own = sub.kind.kind === kind && sub.kind.group === this.info.group;
    const definition = own ? this.definition : definitionOfKind(sub.kind);
    const noun = `${this.scope}${kind}${capital(sub.name)}`;
    const more = { kind: sub.kind, response: definition };
    return [
      this.item(path, [
        sub.name === 'log'
          ? this.read(noun, `read log of the specified ${kind}`, {
              query: connectQuery['log'] ?? [],
              response: undefined,
            })
          : sub.verbs.includes('get')
            ? this.read(noun, `read ${sub.name} of the specified ${kind}`, more)
            : undefined,
        sub.verbs.includes('create')
          ? this.operation('post', 'create', noun, `create ${sub.name} of ${withArticle(kind)}`, {
              action: 'post',
              query: writeQuery,
              codes: [200, 201, 202],
              body: { definition },
              ...more,
            })
          : undefined,
        sub.verbs.includes('update')
          ? this.replace(noun, `replace ${sub.name} of the specified ${kind}`, definition, more)
          : undefined,
        sub.verbs.includes('patch')
          ? this.patch(noun, `partially update ${sub.name} of the specified ${kind}`, more)
          : undefined,
      ]),
    ];
  }

  private connect(path: string, sub: SubresourceInfo): PathItem[] {
    const methods: Record<string, Method> = {
      create: 'post',
      delete: 'delete',
      get: 'get',
      patch: 'patch',
      update: 'put',
    };
    const at = (suffix: string) =>
      sub.verbs.flatMap((verb) => {
        const method = methods[verb];
        if (!method) return [];
        const noun = `${capital(method)}${this.scope}${this.info.kind}${capital(sub.name)}${suffix}`;
        return [
          this.operation(
            method,
            'connect',
            noun,
            `connect ${method.toUpperCase()} requests to ${sub.name} of ${this.info.kind}`,
            {
              action: 'connect',
              query: connectQuery[sub.name] ?? [],
              codes: [200],
              kind: sub.kind,
              response: undefined,
            },
          ),
        ];
      });
    const items = [this.item(path, at(''))];
    if (sub.name === 'proxy') items.push(this.item(`${path}/{path}`, at('WithPath')));
    return items;
  }
}

/** Every path of a resource: collection, item, all namespaces, subresources. */
export const pathsOf = (info: ResourceInfo): PathItem[] => new ResourcePaths(info).all();
