import * as z from 'zod';
import type { Ingress, NetworkPolicy, Service, ValidatingWebhookConfiguration } from '../../../runtime/api/kinds';
import { containerRule, objectRule, podRule, type LintRule } from '../rule';
import { selects } from '../selection';

export const networkPolicyMissing = podRule({
  id: 'network-policy-missing',
  category: 'networking',
  wide: true,
  title: 'Pods that no NetworkPolicy is about',
  why: 'Any pod of the cluster may connect to them, and they may connect anywhere.',
  repair: 'Write a NetworkPolicy that selects them; one with an empty `podSelector` holds for the whole namespace.',
  check({ subject, spec, metadata }, _options, neighbours) {
    if (spec.hostNetwork || subject.kind === '/PodTemplate') return undefined;
    const policies = neighbours.in<NetworkPolicy>(subject.namespace, 'networking.k8s.io/NetworkPolicy');
    if (policies.some(({ object }) => selects(object.spec?.podSelector ?? {}, metadata?.labels))) return undefined;
    return { at: 'metadata.name', message: 'no NetworkPolicy is about these pods' };
  },
});

const typeOptions = z.object({
  types: z
    .array(z.enum(['NodePort', 'LoadBalancer', 'ExternalName', 'ClusterIP']))
    .default(['NodePort', 'LoadBalancer'])
    .describe('Types that a Service must not have.'),
});

export const serviceExposed = objectRule<Service, z.infer<typeof typeOptions>>(['/Service'], {
  id: 'service-exposed',
  category: 'networking',
  title: 'A Service that is open to the outside',
  why:
    'A NodePort is open on every node, past the ingress and its TLS; a LoadBalancer is an address of its own, and ' +
    'costs.',
  repair: 'Use `ClusterIP`, and an Ingress or a Gateway for what is meant for the outside.',
  options: typeOptions,
  check({ object: { spec } }, { types }) {
    const type = spec?.type;
    if (type === undefined || !(types as readonly string[]).includes(type)) return undefined;
    return { at: 'spec.type', message: `the Service is of type ${type}` };
  },
});

export const serviceExternalName = objectRule<Service>(['/Service'], {
  id: 'service-external-name',
  category: 'networking',
  title: 'A Service that stands for a name outside of the cluster',
  why:
    'Who controls that name gets the traffic of the cluster; certificates and Host headers do not fit the name that ' +
    'the client used.',
  repair: 'Let clients use the outer name, or write a Service with EndpointSlices of known addresses.',
  check({ object: { spec } }) {
    if (spec?.type !== 'ExternalName') return undefined;
    return {
      at: 'spec.externalName',
      message: `the Service leads to ${spec.externalName ?? 'a name'} outside of the cluster`,
    };
  },
});

export const ingressTlsMissing = objectRule<Ingress>(['networking.k8s.io/Ingress'], {
  id: 'ingress-tls-missing',
  category: 'networking',
  title: 'An Ingress without TLS',
  why: 'Whoever is on the way can read and change what is sent: passwords, cookies, pages.',
  repair: 'Add `spec.tls` with the hosts and the Secret of their certificate.',
  check({ object: { spec, metadata } }) {
    if (!spec || spec.tls?.length) return undefined;
    const hosts = [...new Set((spec.rules ?? []).flatMap(({ host }) => (host ? [host] : [])))];
    const value = [{ ...(hosts.length > 0 && { hosts }), secretName: `${metadata.name ?? 'ingress'}-tls` }];
    return {
      at: 'spec',
      message: 'the Ingress has no TLS',
      fix: { title: `Add TLS with Secret "${value[0]?.secretName}"`, edits: [{ set: 'spec.tls', value }] },
    };
  },
});

export const sshPortExposed = containerRule({
  id: 'ssh-port-exposed',
  category: 'networking',
  title: 'A container with the port of SSH',
  why: 'A shell server in a container is a second way in, past the API server, its audit and its roles.',
  repair: 'Use `kubectl exec`. Where it is no SSH, use another port.',
  check: ({ container, path }) =>
    (container.ports ?? []).map(({ containerPort, protocol = 'TCP' }, i) =>
      containerPort === 22 && protocol === 'TCP'
        ? {
            at: `${path}.ports[${i}].containerPort`,
            message: `container "${container.name}" has port 22, which is SSH's`,
          }
        : undefined,
    ),
});

export const portPrivileged = containerRule({
  id: 'port-privileged',
  category: 'networking',
  title: 'A container with a port below 1024',
  why:
    'On nodes with old settings only root, or NET_BIND_SERVICE, may listen there: the container cannot run as a ' +
    'plain user.',
  repair: 'Listen at 1024 or above, and map the port in the Service: `port: 80`, `targetPort: 8080`.',
  check: ({ container, path }) =>
    (container.ports ?? []).map(({ containerPort }, i) =>
      containerPort < 1024
        ? {
            at: `${path}.ports[${i}].containerPort`,
            message: `container "${container.name}" listens at ${containerPort}, below 1024`,
          }
        : undefined,
    ),
});

const webhooks = [
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration',
  'admissionregistration.k8s.io/MutatingWebhookConfiguration',
];

export const webhookFailsOpen = objectRule<ValidatingWebhookConfiguration>(webhooks, {
  id: 'webhook-fails-open',
  category: 'security',
  title: 'A webhook that is skipped when it does not answer',
  why: 'With `failurePolicy: Ignore` whoever keeps the webhook from answering is past what it checks.',
  repair: 'Set `failurePolicy: Fail`, and run the webhook with several replicas, outside of what it checks.',
  check: ({ object }) =>
    (object.webhooks ?? []).map(({ failurePolicy, name }, i) => {
      if (failurePolicy !== 'Ignore') return undefined;
      const at = `webhooks[${i}].failurePolicy`;
      const fix = { title: 'Let requests fail', edits: [{ set: at, value: 'Fail' }] };
      return { at, message: `webhook "${name}" is skipped when it does not answer`, fix };
    }),
});

export const networkRules: LintRule[] = [
  networkPolicyMissing,
  serviceExposed,
  serviceExternalName,
  ingressTlsMissing,
  sshPortExposed,
  portPrivileged,
  webhookFailsOpen,
];
