import type { ClusterRole } from '../../api/kinds';
import { allow } from './rule';

/** Who may view, edit or administer a namespace may see what its pods use (of metrics-server's manifests). */
export function metricsReaderRole(): ClusterRole {
  const into = ['admin', 'edit', 'view'].map((role) => [`rbac.authorization.k8s.io/aggregate-to-${role}`, 'true']);
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: {
      name: 'system:aggregated-metrics-reader',
      labels: { 'k8s-app': 'metrics-server', ...(Object.fromEntries(into) as Record<string, string>) },
    },
    rules: [allow('get list watch', 'metrics.k8s.io', 'nodes pods')],
  };
}
