import { catalogue } from '../../../api/catalogue';
import { applyDefaults } from '../../../api/defaults';
import type { KubeObject, UntypedObject } from '../../../api/object';
import type { ResourceInfo } from '../../../api/resource';
import { StatusError } from '../../../api/status';
import type { AdmissionAttributes, AdmissionPlugin, ApiLister, UserInfo } from '../../request';

/** An {@link ApiLister} over objects that a test puts in. */
export class FakeLister implements ApiLister {
  private readonly objects = new Map<string, KubeObject>();
  private count = 0;

  constructor(...objects: object[]) {
    this.put(...objects);
  }

  /** Objects with `apiVersion` and `kind`, which tell the resource. */
  put(...objects: object[]): void {
    for (const object of objects as KubeObject[]) {
      const { group, resource } = infoOf(object);
      this.objects.set(`${group}/${resource}/${object.metadata.namespace ?? ''}/${object.metadata.name!}`, object);
      this.count++;
    }
  }

  remove(group: string, resource: string, namespace: string, name: string): void {
    this.objects.delete(`${group}/${resource}/${namespace}/${name}`);
    this.count++;
  }

  get<T extends KubeObject>(
    { group, resource }: { group: string; resource: string },
    namespace: string | undefined,
    name: string,
  ): T | undefined {
    return this.objects.get(`${group}/${resource}/${namespace ?? ''}/${name}`) as T | undefined;
  }

  list<T extends KubeObject>(
    { group, resource }: { group: string; resource: string },
    namespace?: string,
  ): readonly T[] {
    const prefix = `${group}/${resource}/${namespace ? `${namespace}/` : ''}`;
    return [...this.objects].filter(([key]) => key.startsWith(prefix)).map(([, object]) => object as T);
  }

  generation(): number {
    return this.count;
  }
}

export function infoOf({ apiVersion = 'v1', kind = '' }: { apiVersion?: string; kind?: string }): ResourceInfo {
  const [version, group = ''] = apiVersion.split('/').reverse() as [string, string?];
  const info = catalogue.byKind({ group, version, kind });
  if (!info) throw new Error(`no resource has the kind ${apiVersion} ${kind}`);
  return info;
}

const jane: UserInfo = { name: 'jane', groups: ['system:authenticated'] };

export type TestAttributes = AdmissionAttributes & { readonly warnings: string[] };

/** The attributes of a request about an object, which is defaulted as the server would. */
export function attributesFor(
  object: object | undefined,
  overrides: Partial<AdmissionAttributes> = {},
): TestAttributes {
  const subject = (object ?? overrides.oldObject) as UntypedObject;
  const resource = overrides.resource ?? infoOf(subject);
  if (object && !overrides.subresource) applyDefaults(object as UntypedObject, resource);
  const warnings: string[] = [];
  const { name = '', namespace = '' } = subject.metadata ?? {};
  return {
    operation: 'CREATE',
    resource,
    subresource: '',
    name,
    namespace: resource.namespaced ? namespace || 'shop' : '',
    user: jane,
    dryRun: false,
    ...(object && { object: object as KubeObject }),
    warn: (text) => void warnings.push(text),
    warnings,
    ...overrides,
  };
}

/** Runs a plugin as the chain does: mutate, then validate. */
export async function admit(plugin: AdmissionPlugin, attributes: AdmissionAttributes): Promise<void> {
  await plugin.mutate?.(attributes);
  await plugin.validate?.(attributes);
}

/** The message of the rejection, or `admitted`. */
export async function outcome(plugin: AdmissionPlugin, attributes: AdmissionAttributes): Promise<string> {
  try {
    await admit(plugin, attributes);
    return 'admitted';
  } catch (error) {
    if (error instanceof StatusError) return `${error.code} ${error.message}`;
    throw error;
  }
}

export const namespace = (name: string, phase = 'Active', labels: Record<string, string> = {}) => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, uid: `ns-${name}`, labels },
  spec: { finalizers: ['kubernetes'] },
  status: { phase },
});

export const pod = (spec: object = {}, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'shop', ...metadata },
  spec: { containers: [{ name: 'app', image: 'nginx:1' }], ...spec },
});
