import { describe, expect, it } from 'vitest';
import { catalogue } from './catalogue';
import { API_MINOR, deprecationWarning, FIELDS_SINCE, fieldsNewerThan, lifecycleOf, minorOf } from './lifecycle';
import { apiVersionOf, parseApiVersion } from './object';

describe('versions of kinds', () => {
  it('that are served are not gone, and those that are gone are not served', () => {
    for (const info of catalogue.resources()) {
      const { removed, since = 0 } = lifecycleOf(apiVersionOf(info), info.kind) ?? {};
      expect(since, `${apiVersionOf(info)} ${info.kind}`).toBeLessThanOrEqual(API_MINOR);
      expect(removed ?? Infinity, `${apiVersionOf(info)} ${info.kind}`).toBeGreaterThan(API_MINOR);
    }
  });

  it.each([
    ['extensions/v1beta1', 'Deployment'], ['extensions/v1beta1', 'Ingress'], ['apps/v1beta2', 'StatefulSet'],
    ['batch/v1beta1', 'CronJob'], ['policy/v1beta1', 'PodDisruptionBudget'], ['autoscaling/v2beta2', 'HorizontalPodAutoscaler'],
    ['rbac.authorization.k8s.io/v1beta1', 'ClusterRole'], ['discovery.k8s.io/v1beta1', 'EndpointSlice'],
    ['flowcontrol.apiserver.k8s.io/v1beta2', 'FlowSchema'], ['storage.k8s.io/v1beta1', 'CSIDriver'],
  ])('%s %s has a replacement that is served', (apiVersion, kind) => {
    const { replacement } = lifecycleOf(apiVersion, kind) ?? {};
    expect(replacement && catalogue.byKind({ ...parseApiVersion(replacement.apiVersion), kind: replacement.kind })).toBeDefined();
  });

  it('are warned of from the version on that deprecates them', () => {
    expect(deprecationWarning('batch/v1beta1', 'CronJob', 20)).toBeUndefined();
    expect(deprecationWarning('batch/v1beta1', 'CronJob', 21)).toBe(
      'batch/v1beta1 CronJob is deprecated in v1.21+, unavailable in v1.25+; use batch/v1 CronJob',
    );
    expect(deprecationWarning('v1', 'ComponentStatus', API_MINOR)).toBe('v1 ComponentStatus is deprecated in v1.19+');
  });
});

describe('fields', () => {
  it('that came later are found wherever they stand, and nothing else', () => {
    const pod = catalogue.byKind({ group: '', version: 'v1', kind: 'Pod' });
    const container = { name: 'c', image: 'i', resizePolicy: [], lifecycle: { preStop: { sleep: { seconds: 1 } } } };
    const value = { spec: { hostUsers: true, containers: [container], volumes: [{ name: 'v', emptyDir: {} }] } };
    const newer = (minor: number) => fieldsNewerThan(minor, value, pod?.schema ?? {}, catalogue).map(({ path }) => path);
    expect(newer(24)).toEqual([
      'spec.hostUsers', 'spec.containers[0].resizePolicy', 'spec.containers[0].lifecycle.preStop.sleep',
    ]);
    expect(newer(28)).toEqual(['spec.containers[0].lifecycle.preStop.sleep']);
    expect(newer(API_MINOR)).toEqual([]);
  });

  it('of the table are fields of some type', () => {
    const known = new Map<string, Set<string>>();
    const seen = new Set<string>();
    const visit = (name: string): void => {
      if (seen.has(name)) return;
      seen.add(name);
      const short = name.split('.').at(-1) ?? '';
      const fields = known.get(short) ?? new Set<string>();
      known.set(short, fields);
      for (const [field, schema] of Object.entries(catalogue.resolve({ $ref: name }).properties ?? {})) {
        fields.add(field);
        const values = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
        for (const inner of [schema, schema.items, values]) if (inner?.$ref) visit(inner.$ref);
      }
    };
    for (const { schema } of catalogue.allResources()) if (schema.$ref) visit(schema.$ref);
    const missing = Object.entries(FIELDS_SINCE).flatMap(([type, fields]) =>
      Object.keys(fields).filter((field) => !known.get(type)?.has(field)).map((field) => `${type}.${field}`),
    );
    expect(missing).toEqual([]);
  });
});

it.each([['1.31', 31], ['v1.31.2', 31], ['v1.30+', 30], ['1.29.1-gke.5', 29], ['', undefined], ['2.0', undefined], ['latest', undefined]])(
  'the minor of %j is %j', (text, minor) => expect(minorOf(text)).toBe(minor),
);
