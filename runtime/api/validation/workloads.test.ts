import { describe, expect, it } from 'vitest';
import type { Tree } from './test-objects';
import { createLines, merge, statusLines, updateLines } from './test-objects';

const podSpec = {
  restartPolicy: 'Always', dnsPolicy: 'ClusterFirst', terminationGracePeriodSeconds: 30,
  containers: [{ name: 'c', image: 'busybox', imagePullPolicy: 'Always', terminationMessagePolicy: 'File' }],
};
const template = (change: Tree = {}): Tree => merge({ metadata: { labels: { app: 'web' } }, spec: podSpec }, change);
const selector = { matchLabels: { app: 'web' } };
const MISMATCH = '`selector` does not match template `labels`';

const controller = (spec: Tree = {}): Tree =>
  ({ apiVersion: 'v1', kind: 'ReplicationController', spec: merge({ replicas: 1, selector: { app: 'web' }, template: template() }, spec) });
const workload = (kind: string, extra: Tree) => (spec: Tree = {}, rest: Tree = {}): Tree =>
  merge({ apiVersion: 'apps/v1', kind, spec: merge({ replicas: 1, selector, template: template(), ...extra }, spec) }, rest);

const rolling = { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } };
const replicaSet = workload('ReplicaSet', {});
const deployment = workload('Deployment', { strategy: rolling, progressDeadlineSeconds: 600 });
const daemonSet = workload('DaemonSet', { replicas: undefined, updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } } });
const statefulSet = workload('StatefulSet', { podManagementPolicy: 'OrderedReady', updateStrategy: { type: 'RollingUpdate' } });

describe('replication controllers', () => {
  it.each<[string, Tree, string[]]>([
    ['are accepted when in order', {}, []],
    ['need a selector and a template', { selector: null, template: null }, ['spec.selector: Required value', 'spec.template: Required value']],
    ['count no less than zero', { replicas: -1 }, ['spec.replicas: Invalid value: -1: must be greater than or equal to 0']],
    ['select their own pods', { selector: { app: 'db' } }, [`spec.template.metadata.labels: Invalid value: {"app":"web"}: ${MISMATCH}`]],
    ['keep pods running', { template: template({ spec: { restartPolicy: 'Never' } }) }, [
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
    ]],
    ['set no deadline', { template: template({ spec: { activeDeadlineSeconds: 5 } }) }, [
      'spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicationController is not Supported',
    ]],
    ['check the template', { template: template({ spec: { containers: [] } }) }, ['spec.template.spec.containers: Required value']],
  ])('%s', (_name, spec, expected) => {
    expect(createLines(controller(spec))).toEqual(expected);
  });

  it('report counts that fit together', () => {
    const status = (counts: Tree) => ({ ...controller(), status: counts });
    expect(statusLines(status({ replicas: 1, readyReplicas: 2 }), status({}))).toEqual([
      'status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas',
    ]);
  });
});

describe('deployments and replica sets', () => {
  it.each<[string, Tree, string[]]>([
    ['are accepted when in order', deployment(), []],
    ['are accepted as replica sets', replicaSet(), []],
    ['select their own pods', deployment({ selector: { matchLabels: { app: 'db' } } }), [
      `spec.template.metadata.labels: Invalid value: {"app":"web"}: ${MISMATCH}`,
    ]],
    ['select something', deployment({ selector: { matchLabels: null } }), ['spec.selector: Invalid value: {}: empty selector is invalid for deployment']],
    ['need a selector', replicaSet({ selector: null }), ['spec.selector: Required value', `spec.template.metadata.labels: Invalid value: {"app":"web"}: ${MISMATCH}`]],
    ['roll by a number or a percentage', deployment({ strategy: { rollingUpdate: { maxSurge: 'x', maxUnavailable: '101%' } } }), [
      `spec.strategy.rollingUpdate.maxSurge: Invalid value: "x": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')`,
      'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%',
    ]],
    ['make some progress', deployment({ strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: '0%' } } }), [
      'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0',
    ]],
    ['recreate without rolling', deployment({ strategy: { type: 'Recreate' } }), [
      "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
    ]],
    ['know their strategy', deployment({ strategy: { type: 'Blue', rollingUpdate: null } }), [
      'spec.strategy: Unsupported value: {"Type":"Blue","RollingUpdate":null}: supported values: "Recreate", "RollingUpdate"',
    ]],
    ['wait longer than readiness takes', deployment({ minReadySeconds: 600 }), [
      'spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds',
    ]],
  ])('%s', (_name, object, expected) => {
    expect(createLines(object)).toEqual(expected);
  });

  it('keep their selector', () => {
    const other = { selector: { matchLabels: { app: 'db' } }, template: template({ metadata: { labels: { app: 'db' } } }) };
    expect(updateLines(deployment(other), deployment())).toEqual([
      'spec.selector: Invalid value: {"matchLabels":{"app":"db"}}: field is immutable',
    ]);
  });
});

describe('daemon sets and stateful sets', () => {
  it.each<[string, Tree, string[]]>([
    ['daemon sets are accepted when in order', daemonSet(), []],
    ['surge or take away, not both', daemonSet({ updateStrategy: { rollingUpdate: { maxSurge: 1 } } }), [
      'spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero',
    ]],
    ['but one of them', daemonSet({ updateStrategy: { rollingUpdate: { maxUnavailable: 0 } } }), [
      'spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0',
    ]],
    ['stateful sets are accepted when in order', statefulSet(), []],
    ['know their policies', statefulSet({ podManagementPolicy: 'Random', updateStrategy: { type: 'OnDelete', rollingUpdate: { partition: 1 } } }), [
      `spec.podManagementPolicy: Invalid value: "Random": must be 'OrderedReady' or 'Parallel'`,
      `spec.updateStrategy.rollingUpdate: Invalid value: {"partition":1}: only allowed for updateStrategy 'RollingUpdate'`,
    ]],
  ])('%s', (_name, object, expected) => {
    expect(createLines(object)).toEqual(expected);
  });

  it('stateful sets keep all but a few fields', () => {
    expect(updateLines(statefulSet({ serviceName: 'b', replicas: 3 }), statefulSet({ serviceName: 'a' }))).toEqual([
      "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    ]);
  });

  it('collision counts only grow', () => {
    expect(statusLines(statefulSet({}, { status: { collisionCount: 1 } }), statefulSet({}, { status: { collisionCount: 2 } }))).toEqual([
      'status.collisionCount: Invalid value: 1: cannot be decremented',
    ]);
  });
});
