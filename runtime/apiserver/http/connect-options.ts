import type { KubeObject } from '../../api/object';
import type { Query } from './query';

type FieldType = 'boolean' | 'string' | 'strings' | 'numbers';

const streams = { stdin: 'boolean', stdout: 'boolean', stderr: 'boolean', tty: 'boolean', container: 'string' } as const;
const proxy = { path: 'string' } as const;
/** Kinds that the parameters of connecting requests are read into, by resource and subresource. */
const optionKinds: Readonly<Record<string, readonly [kind: string, fields: Readonly<Record<string, FieldType>>]>> = {
  'pods/attach': ['PodAttachOptions', streams],
  'pods/exec': ['PodExecOptions', { ...streams, command: 'strings' }],
  'pods/portforward': ['PodPortForwardOptions', { ports: 'numbers' }],
  'pods/proxy': ['PodProxyOptions', proxy],
  'services/proxy': ['ServiceProxyOptions', proxy],
  'nodes/proxy': ['NodeProxyOptions', proxy],
};

/** What admission sees of a connecting request: its options as an object, which has no metadata; undefined for others. */
export function connectOptions(resource: string, subresource: string, query: Query): KubeObject | undefined {
  const known = optionKinds[`${resource}/${subresource}`];
  if (!known) return undefined;
  const [kind, fields] = known;
  const options: Record<string, unknown> = { kind, apiVersion: 'v1' };
  for (const [name, type] of Object.entries(fields)) {
    const values = query.get(name);
    const value = values && read(type, values);
    // As Go writes them: a false or an empty one is left out.
    if (value) options[name] = value;
  }
  return options as unknown as KubeObject;
}

function read(type: FieldType, values: readonly string[]): unknown {
  const [first = ''] = values;
  switch (type) {
    case 'boolean': return first !== '0' && first.toLowerCase() !== 'false';
    case 'string': return first;
    case 'strings': return values;
    case 'numbers': return values.map(Number);
  }
}
