import { describe, expect, it } from 'vitest';
import { catalogue } from '../catalogue';
import type { ManagedFieldsEntry } from '../generated/types';
import type { KubeObject } from '../object';
import type { Schema } from '../schema';
import type { StatusError } from '../status';
import { applyServerSide, fieldSet, updateManagedFields } from './index';

const schemaOf = (group: string, version: string, kind: string): Schema =>
  catalogue.byKind({ group, version, kind })!.schema;
const deploymentSchema = schemaOf('apps', 'v1', 'Deployment');
const podSchema = schemaOf('', 'v1', 'Pod');
const t = (n: number) => `2026-01-01T00:00:0${n}Z`;

type Obj = KubeObject & Record<string, unknown>;
const deployment = (replicas = 1): Obj => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {
    name: 'web',
    namespace: 'default',
    labels: { app: 'web' },
    uid: 'u1',
    creationTimestamp: t(0),
    resourceVersion: '1',
  } as KubeObject['metadata'],
  spec: {
    replicas,
    selector: { matchLabels: { app: 'web' } },
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        containers: [{ name: 'web', image: 'nginx', resources: {}, ports: [{ containerPort: 80, protocol: 'TCP' }] }],
        restartPolicy: 'Always',
      },
    },
  },
  status: {},
});

const base = { schema: deploymentSchema, resolver: catalogue, apiVersion: 'apps/v1', kind: 'Deployment' };
const track = (updated: Obj, options: Partial<Parameters<typeof updateManagedFields>[0]> = {}) =>
  updateManagedFields({ ...base, updated, manager: 'kubectl-create', time: t(1), ...options });
const stored = (updated: Obj, options: Partial<Parameters<typeof updateManagedFields>[0]> = {}): Obj => {
  const { managedFields: _, ...metadata } = updated.metadata;
  const managedFields = track(updated, options);
  return { ...updated, metadata: { ...metadata, ...(managedFields && { managedFields }) } };
};
const apply = (live: Obj | undefined, applied: object, options: Partial<Parameters<typeof applyServerSide>[0]> = {}) =>
  applyServerSide({
    ...base,
    ...(live && { live }),
    applied: applied as KubeObject,
    manager: 'applier',
    force: false,
    time: t(5),
    ...options,
  });
const config = (spec: object, metadata: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'default', ...metadata },
  spec,
});
const entryOf = (object: KubeObject, manager: string): ManagedFieldsEntry | undefined =>
  object.metadata.managedFields?.find((entry) => entry.manager === manager);
const thrown = (run: () => unknown): StatusError => {
  try {
    run();
  } catch (error) {
    return error as StatusError;
  }
  throw new Error('nothing was thrown');
};

describe('a create', () => {
  it('owns what it sets, with a dot for pointers and maps and none for structs that are always there', () => {
    expect(track({ ...deployment(), metadata: { name: 'web', labels: { app: 'web' } } })).toEqual([
      {
        manager: 'kubectl-create',
        operation: 'Update',
        apiVersion: 'apps/v1',
        time: t(1),
        fieldsType: 'FieldsV1',
        fieldsV1: {
          'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
          'f:spec': {
            'f:replicas': {},
            'f:selector': {},
            'f:strategy': { 'f:rollingUpdate': { '.': {}, 'f:maxSurge': {}, 'f:maxUnavailable': {} }, 'f:type': {} },
            'f:template': {
              'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
              'f:spec': {
                'f:containers': {
                  'k:{"name":"web"}': {
                    '.': {},
                    'f:image': {},
                    'f:name': {},
                    'f:ports': {
                      '.': {},
                      'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {}, 'f:protocol': {} },
                    },
                    'f:resources': {},
                  },
                },
                'f:restartPolicy': {},
              },
            },
          },
        },
      },
    ]);
  });

  it('of a custom resource has a dot at spec, which is only a map there', () => {
    const schema: Schema = {
      type: 'object',
      properties: {
        spec: {
          type: 'object',
          properties: { size: { type: 'integer' }, tags: { type: 'array', items: { type: 'string' } } },
        },
      },
    };
    const updated: Obj = { apiVersion: 'x.dev/v1', kind: 'X', metadata: { name: 'x' }, spec: { size: 1, tags: ['a'] } };
    const [entry] = updateManagedFields({
      schema,
      resolver: catalogue,
      apiVersion: 'x.dev/v1',
      updated,
      manager: 'm',
      time: t(1),
    })!;
    expect(entry!.fieldsV1).toEqual({ 'f:spec': { '.': {}, 'f:size': {}, 'f:tags': {} } });
  });

  it('of nothing but a name has no manager', () => {
    expect(
      track({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec: {}, status: {} }),
    ).toBeUndefined();
  });

  it('names a client without a name unknown', () => {
    expect(track({ ...deployment(), metadata: { name: 'web' } }, { manager: '' })![0]!.manager).toBe('unknown');
  });
});

describe('an update', () => {
  const live = stored({
    ...deployment(),
    metadata: { ...deployment().metadata, uid: undefined } as KubeObject['metadata'],
  });
  live.metadata.uid = 'u1';
  const changed = (change: (d: Obj) => void): Obj => {
    const copy = structuredClone(live);
    change(copy);
    return copy;
  };

  it('that changes nothing keeps the very array of managed fields', () => {
    expect(track(structuredClone(live), { live, manager: 'other', time: t(2) })).toBe(live.metadata.managedFields);
  });

  it('takes what it changes away from its last manager', () => {
    const after = stored(
      changed((d) => ((d['spec'] as { replicas: number }).replicas = 3)),
      { live, manager: 'scaler', time: t(2) },
    );
    expect(entryOf(after, 'scaler')).toMatchObject({ time: t(2), fieldsV1: { 'f:spec': { 'f:replicas': {} } } });
    expect((entryOf(after, 'kubectl-create')!.fieldsV1 as Record<string, object>)['f:spec']).not.toHaveProperty(
      'f:replicas',
    );
    expect(entryOf(after, 'kubectl-create')!.time).toBe(t(1));
  });

  it('of a subresource is another manager, and takes no managed fields from the request', () => {
    const after = stored(
      changed((d) => {
        d['status'] = { replicas: 1, conditions: [{ type: 'Available', status: 'True' }] };
        d.metadata.managedFields = [];
      }),
      { live, manager: 'kube-controller-manager', subresource: 'status', time: t(2), resetFields: fieldSet('spec') },
    );
    expect(after.metadata.managedFields).toHaveLength(2);
    expect(entryOf(after, 'kube-controller-manager')).toEqual({
      manager: 'kube-controller-manager',
      operation: 'Update',
      apiVersion: 'apps/v1',
      time: t(2),
      fieldsType: 'FieldsV1',
      subresource: 'status',
      fieldsV1: {
        'f:status': {
          'f:conditions': { '.': {}, 'k:{"type":"Available"}': { '.': {}, 'f:status': {}, 'f:type': {} } },
          'f:replicas': {},
        },
      },
    });
  });

  it('that removes fields leaves nobody managing them', () => {
    const after = stored(
      changed((d) => delete d.metadata.labels),
      { live, manager: 'other', time: t(2) },
    );
    expect(entryOf(after, 'other')).toBeUndefined();
    expect(entryOf(after, 'kubectl-create')!.fieldsV1).not.toHaveProperty('f:metadata');
  });

  it.each([[[{}] as ManagedFieldsEntry[]], [[]]])('with managedFields %j forgets all managers', (managedFields) => {
    const updated = changed((d) => (d.metadata.managedFields = managedFields));
    expect(track(updated, { live, manager: 'other', time: t(2) })).toBeUndefined();
  });

  it('of an object that nobody tracked tracks nothing', () => {
    const { managedFields: _, ...metadata } = live.metadata;
    const untracked: Obj = { ...live, metadata };
    const updated = structuredClone(untracked);
    (updated['spec'] as { replicas: number }).replicas = 7;
    expect(track(updated, { live: untracked, manager: 'other', time: t(2) })).toBeUndefined();
  });

  it('without readable managed fields in the request uses those of the live object', () => {
    const updated = changed((d) => (d.metadata.managedFields = [{ operation: 'Nonsense' } as ManagedFieldsEntry]));
    expect(track(updated, { live, manager: 'other', time: t(2) })).toBe(live.metadata.managedFields);
  });

  it('may edit the managed fields of the request, whose keys are brought into canonical form', () => {
    const fieldsV1 = {
      'f:spec': { 'f:template': { 'f:spec': { 'f:containers': { 'k:{ "name": "web" }': { 'f:image': {} } } } } },
    };
    const updated = changed(
      (d) =>
        (d.metadata.managedFields = [
          { manager: 'm', operation: 'Update', apiVersion: 'apps/v1', fieldsType: 'FieldsV1', fieldsV1 },
        ]),
    );
    expect(JSON.stringify(track(updated, { live, manager: 'other', time: t(2) }))).toContain(
      'k:{\\"name\\":\\"web\\"}',
    );
  });

  it('keeps ten updaters and merges older ones into ancient-changes', () => {
    let object = live;
    for (let i = 0; i < 14; i++) {
      const next = structuredClone(object);
      next.metadata.labels = { ...next.metadata.labels, [`l${i}`]: 'x' };
      object = stored(next, { live: object, manager: `m${i}`, time: `2026-01-01T00:01:${String(i + 10)}Z` });
    }
    const updaters = object.metadata.managedFields!.map((entry) => entry.manager);
    expect(updaters).toHaveLength(10);
    expect(updaters[0]).toBe('ancient-changes');
    expect(updaters).not.toContain('m0');
    expect(updaters).toContain('m13');
    expect(JSON.stringify(entryOf(object, 'ancient-changes')!.fieldsV1)).toContain('"f:l0"');
  });
});

describe('server-side apply', () => {
  const replicas = (n: number) => config({ replicas: n });

  it('creates, owning exactly what the configuration says', () => {
    const { object, changed } = apply(
      undefined,
      config({ replicas: 2, selector: { matchLabels: { app: 'web' } } }, { labels: { app: 'web' } }),
    );
    expect(changed).toBe(true);
    expect(object.metadata.managedFields).toEqual([
      {
        manager: 'applier',
        operation: 'Apply',
        apiVersion: 'apps/v1',
        time: t(5),
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:metadata': { 'f:labels': { 'f:app': {} } }, 'f:spec': { 'f:replicas': {}, 'f:selector': {} } },
      },
    ]);
  });

  it('that changes nothing gives the live object back', () => {
    const live = apply(undefined, replicas(2)).object as Obj;
    const again = apply(live, replicas(2), { time: t(9) });
    expect(again).toEqual({ object: live, changed: false });
    expect(again.object).toBe(live);
  });

  it("conflicts with whoever set the field otherwise, in upstream's words", () => {
    const live = stored(deployment(), { live: undefined, manager: 'kubectl-client-side-apply' });
    live.metadata.managedFields ??= track(
      { ...deployment(), metadata: { name: 'web' } },
      { manager: 'kubectl-client-side-apply' },
    )!;
    const error = thrown(() => apply(live, replicas(3)));
    expect(error.status).toMatchObject({
      code: 409,
      reason: 'Conflict',
      message: 'Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using apps/v1: .spec.replicas',
      details: {
        causes: [
          {
            reason: 'FieldManagerConflict',
            message: 'conflict with "kubectl-client-side-apply" using apps/v1',
            field: '.spec.replicas',
          },
        ],
      },
    });
  });

  it('lists several conflicts by manager', () => {
    const live = apply(undefined, config({ replicas: 1, paused: true })).object as Obj;
    expect(thrown(() => apply(live, config({ replicas: 2, paused: false }), { manager: 'b' })).message).toBe(
      'Apply failed with 2 conflicts: conflicts with "applier":\n- .spec.paused\n- .spec.replicas',
    );
  });

  it('takes the field over when forced, and shares it when both agree', () => {
    const live = apply(undefined, replicas(1)).object as Obj;
    const forced = apply(live, replicas(2), { manager: 'b', force: true }).object;
    expect(forced).toMatchObject({ spec: { replicas: 2 } });
    expect(forced.metadata.managedFields!.map((entry) => entry.manager)).toEqual(['b']);
    const shared = apply(live, replicas(1), { manager: 'b' }).object;
    expect(shared.metadata.managedFields!.map((entry) => entry.manager)).toEqual(['applier', 'b']);
  });

  it('removes what it no longer applies, unless another manager holds it', () => {
    const labels = (keys: string[]) => config({}, { labels: Object.fromEntries(keys.map((key) => [key, 'x'])) });
    const live = apply(undefined, labels(['a', 'b', 'c'])).object as Obj;
    const both = apply(live, labels(['b']), { manager: 'other' }).object as Obj;
    const after = apply(both, labels(['c']), { time: t(6) }).object;
    expect(after.metadata.labels).toEqual({ b: 'x', c: 'x' });
    expect(apply(after as Obj, config({}), { time: t(7) }).object.metadata.labels).toEqual({ b: 'x' });
  });

  it('drops the map with its last item', () => {
    const live = apply(undefined, config({ replicas: 1 }, { labels: { a: 'x' } })).object as Obj;
    expect(apply(live, config({ replicas: 1 })).object.metadata).not.toHaveProperty('labels');
  });

  it('merges list items by key, keeps those of others, and removes its own', () => {
    const containers = (...names: string[]) =>
      config({ template: { spec: { containers: names.map((name) => ({ name, image: `${name}:1` })) } } });
    const names = (object: KubeObject) =>
      (
        object as unknown as { spec: { template: { spec: { containers: { name: string }[] } } } }
      ).spec.template.spec.containers.map((c) => c.name);
    const one = apply(undefined, containers('a', 'b')).object as Obj;
    const two = apply(one, containers('c'), { manager: 'sidecar' }).object as Obj;
    expect(names(two)).toEqual(['a', 'b', 'c']);
    const three = apply(two, containers('b'), { time: t(6) }).object as Obj;
    expect(names(three)).toEqual(['b', 'c']);
  });

  it('tracks what was there before the first apply', () => {
    const live: Obj = deployment();
    const { object } = apply(live, replicas(1));
    expect(object.metadata.managedFields!.map((entry) => [entry.manager, entry.operation])).toEqual([
      ['applier', 'Apply'],
      ['before-first-apply', 'Update'],
    ]);
    expect(thrown(() => apply(live, replicas(4))).message).toBe(
      'Apply failed with 1 conflict: conflict with "before-first-apply" using apps/v1: .spec.replicas',
    );
  });

  it('lets kubectl take over what its client-side apply had set, and keeps the annotation in step', () => {
    const annotation = 'kubectl.kubernetes.io/last-applied-configuration';
    const lastApplied = JSON.stringify(config({ replicas: 1 }));
    const created: Obj = {
      ...deployment(),
      metadata: { name: 'web', namespace: 'default', annotations: { [annotation]: lastApplied } },
    };
    const live = stored(created, { manager: 'kubectl-client-side-apply' });
    const { object } = apply(live, replicas(5), { manager: 'kubectl' });
    expect(object).toMatchObject({ spec: { replicas: 5 } });
    expect(JSON.parse(object.metadata.annotations![annotation]!)).toEqual(config({ replicas: 5 }));
    expect(thrown(() => apply(live, config({ replicas: 5, paused: true }), { manager: 'other' })).message).toContain(
      '.spec.replicas',
    );
  });

  it.each([
    [
      'another version',
      { ...replicas(1), apiVersion: 'apps/v1beta1' },
      400,
      'invalid object type: apps/v1beta1, Kind=Deployment',
    ],
    ['managed fields of its own', config({}, { managedFields: [{}] }), 400, 'metadata.managedFields must be nil'],
    [
      'an unknown field',
      config({ replica: 1 }),
      500,
      'failed to create typed patch object (default/web; apps/v1, Kind=Deployment): .spec.replica: field not declared in schema',
    ],
    [
      'a wrong type',
      config({ replicas: '1' }),
      500,
      'failed to create typed patch object (default/web; apps/v1, Kind=Deployment): .spec.replicas: expected numeric (int or float), got string',
    ],
    [
      'duplicate items',
      config({ template: { spec: { containers: [{ name: 'a' }, { name: 'a' }] } } }),
      500,
      'failed to create typed patch object (default/web; apps/v1, Kind=Deployment): .spec.template.spec.containers: duplicate entries for key [name="a"]',
    ],
    [
      "an item that can't be in a set",
      config({}, { finalizers: [{}] }),
      500,
      "failed to create typed patch object (default/web; apps/v1, Kind=Deployment): .metadata.finalizers: element 0: associative list without keys has an element that's a map type",
    ],
  ])('refuses %s', (_, applied, code, message) => {
    const error = thrown(() => apply(undefined, applied));
    expect([error.code, error.message]).toEqual([code, message]);
  });

  it('takes the default of a key that an item leaves out', () => {
    const { object } = apply(
      undefined,
      config({ template: { spec: { containers: [{ name: 'a', ports: [{ containerPort: 80 }] }] } } }),
    );
    expect(JSON.stringify(entryOf(object, 'applier')!.fieldsV1)).toContain(
      '{\\"containerPort\\":80,\\"protocol\\":\\"TCP\\"}',
    );
  });
});

describe('the schema of pods', () => {
  it('is walked without an owner for what the server alone sets', () => {
    const pod: Obj = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', uid: 'u', resourceVersion: '1', generation: 1 } as KubeObject['metadata'],
      spec: { containers: [{ name: 'c', image: 'i' }] },
    };
    const [entry] = updateManagedFields({
      schema: podSchema,
      resolver: catalogue,
      apiVersion: 'v1',
      updated: pod,
      manager: 'm',
      time: t(1),
    })!;
    expect(entry!.fieldsV1).toEqual({
      'f:spec': { 'f:containers': { 'k:{"name":"c"}': { '.': {}, 'f:image': {}, 'f:name': {} } } },
    });
  });
});
