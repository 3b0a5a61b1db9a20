import { named, type ReferenceRule, selects } from './rule';

const gatewayGroup = 'gateway.networking.k8s.io';
const inGateway = (kind: string) => `${kind}.${gatewayGroup}`;
const routes = ['HTTPRoute', 'GRPCRoute', 'TLSRoute', 'TCPRoute', 'UDPRoute'].map(inGateway);
const reference = { name: 'name', kind: 'kind', group: 'group', namespace: 'namespace' } as const;

/** The Gateway API, which most clusters have though it isn't built in. */
const gateway: readonly ReferenceRule[] = [
  named(routes, 'spec.parentRefs[]', [inGateway('Gateway')], reference),
  named(routes, 'spec.rules[].backendRefs[]', ['Service'], { ...reference, ports: ['port'] }),
  named(routes, 'spec.rules[].{filters[],backendRefs[].filters[]}.requestMirror.backendRef', ['Service'], {
    ...reference,
    ports: ['port'],
  }),
  named([inGateway('Gateway')], 'spec.gatewayClassName', [inGateway('GatewayClass')]),
  named([inGateway('Gateway')], 'spec.listeners[].tls.certificateRefs[]', ['Secret'], reference),
  named([inGateway('BackendTLSPolicy')], 'spec.targetRefs[]', ['Service'], reference),
  named([inGateway('BackendTLSPolicy')], 'spec.validation.caCertificateRefs[]', ['ConfigMap'], reference),
];

const scaled = { name: 'name', kind: 'kind', group: 'apiVersion' } as const;

/** Custom resources that a good part of all workspaces has; settings add others. */
export const customRules: readonly ReferenceRule[] = [
  ...gateway,
  selects(['ServiceMonitor.monitoring.coreos.com'], 'spec.selector', ['Service'], { ports: ['spec.endpoints[].port'] }),
  selects(['PodMonitor.monitoring.coreos.com'], 'spec.selector', 'pods', { ports: ['spec.podMetricsEndpoints[].port'] }),
  named(['Certificate.cert-manager.io'], 'spec.issuerRef', ['Issuer.cert-manager.io'], {
    name: 'name',
    kind: 'kind',
    group: 'group',
  }),
  named(['VerticalPodAutoscaler.autoscaling.k8s.io'], 'spec.targetRef', ['Deployment'], scaled),
  named(['ScaledObject.keda.sh'], 'spec.scaleTargetRef', ['Deployment'], scaled),
];
