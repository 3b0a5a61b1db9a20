import type { FlowSchema, PriorityLevelConfiguration } from './kinds';

const apiVersion = 'flowcontrol.apiserver.k8s.io/v1';
const metadata = (name: string) => ({ name, annotations: { 'apf.kubernetes.io/autoupdate-spec': 'true' } });
const all = ['*'];
const everything = {
  resourceRules: [{ verbs: all, apiGroups: all, resources: all, namespaces: all, clusterScope: true }],
  nonResourceRules: [{ verbs: all, nonResourceURLs: all }],
};
const groups = (...names: string[]) => names.map((name) => ({ kind: 'Group', group: { name } }));

/** The levels that every cluster has (apiserver/pkg/apis/flowcontrol/bootstrap). Made at start when they are missing. */
export function mandatoryPriorityLevels(): PriorityLevelConfiguration[] {
  const kind = 'PriorityLevelConfiguration';
  return [
    {
      apiVersion, kind, metadata: metadata('exempt'),
      spec: { type: 'Exempt', exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } },
    },
    {
      apiVersion, kind, metadata: metadata('catch-all'),
      spec: {
        type: 'Limited',
        limited: { nominalConcurrencyShares: 5, lendablePercent: 0, limitResponse: { type: 'Reject' } },
      },
    },
  ];
}

/** The first flow schema that is asked, and the last. */
export function mandatoryFlowSchemas(): FlowSchema[] {
  const kind = 'FlowSchema';
  return [
    {
      apiVersion, kind, metadata: metadata('exempt'),
      spec: {
        priorityLevelConfiguration: { name: 'exempt' }, matchingPrecedence: 1,
        rules: [{ subjects: groups('system:masters'), ...everything }],
      },
    },
    {
      apiVersion, kind, metadata: metadata('catch-all'),
      spec: {
        priorityLevelConfiguration: { name: 'catch-all' },
        matchingPrecedence: 10000,
        distinguisherMethod: { type: 'ByUser' },
        rules: [{ subjects: groups('system:unauthenticated', 'system:authenticated'), ...everything }],
      },
    },
  ];
}
