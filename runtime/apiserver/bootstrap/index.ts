import type {
  ClusterRole,
  ClusterRoleBinding,
  ConfigMap,
  Endpoints,
  EndpointSlice,
  FlowSchema,
  KubeObject,
  Live,
  Namespace,
  PriorityClass,
  PriorityLevelConfiguration,
  Role,
  RoleBinding,
  Service,
  ServiceCIDR,
  StorageClass,
} from '../../api/kinds';
import { isStatusError } from '../../api/status';
import type { ResourceClient } from '../../client/client';
import type { Client } from '../../client/resource-client';
import { deepEqual } from '../../api/equality';
import { defaultClusterRoleBindings, defaultClusterRoles, defaultRoleBindings, defaultRoles } from './rbac-objects';
import { mandatoryFlowSchemas, mandatoryPriorityLevels } from '../../api/mandatory-flow-control';
import { metricsReaderRole } from './metrics-role';
import { repairBinding, repairRole } from './reconcile';
import type { Repair } from './reconcile';
import {
  defaultNamespaces,
  defaultPriorityClasses,
  defaultServiceCidr,
  defaultStorageClass,
  dnsService,
  extensionAuthentication,
  kubernetesEndpoints,
  kubernetesEndpointSlice,
  kubernetesService,
} from './system-objects';
import type { ApiServerAddress, ClientAuthorities } from './system-objects';

export type { ApiServerAddress } from './system-objects';

export interface BootstrapOptions extends ApiServerAddress {
  /** Cluster address of the Service `kube-dns`. */
  clusterDNS?: string;
  /** Network of the Services. */
  serviceCIDR?: string;
  /** Told to API servers behind this one. */
  authorities?: ClientAuthorities;
}

const fieldManager = 'kube-apiserver';
const rbac = (resource: string, namespaced: boolean) => ({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  resource,
  namespaced,
});
const flowControl = (resource: string) => ({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  resource,
  namespaced: false,
});

/**
 * Makes what every cluster has before anybody uses it, and brings the endpoints of the API server's Service up to
 * date. Nothing that exists is changed, but default roles and bindings, which get back what they lack, and what says
 * where the API server is.
 */
export async function ensureBootstrapObjects(client: Client, options: BootstrapOptions): Promise<void> {
  const { clusterDNS = '10.96.0.10', serviceCIDR = '10.96.0.0/16' } = options;
  // Objects of a namespace can't be created before it.
  const clusterScoped = [
    ensureRoles(client.resource<ClusterRole>(rbac('clusterroles', false)), [
      ...defaultClusterRoles(),
      metricsReaderRole(),
    ]),
    ensureBindings(
      client.resource<ClusterRoleBinding>(rbac('clusterrolebindings', false)),
      defaultClusterRoleBindings(),
    ),
    ensure(
      client.resource<PriorityClass>({
        group: 'scheduling.k8s.io',
        version: 'v1',
        resource: 'priorityclasses',
        namespaced: false,
      }),
      defaultPriorityClasses(),
    ),
    ensureServiceCidr(client, serviceCIDR),
    ensure(client.resource<FlowSchema>(flowControl('flowschemas')), mandatoryFlowSchemas()),
    ensure(
      client.resource<PriorityLevelConfiguration>(flowControl('prioritylevelconfigurations')),
      mandatoryPriorityLevels(),
    ),
    ensure(
      client.resource<StorageClass>({
        group: 'storage.k8s.io',
        version: 'v1',
        resource: 'storageclasses',
        namespaced: false,
      }),
      [defaultStorageClass()],
    ),
  ];
  await Promise.all([...clusterScoped, ensure<Namespace>(client.namespaces, defaultNamespaces())]);
  await Promise.all([
    ensureRoles(client.resource<Role>(rbac('roles', true)), defaultRoles()),
    ensureBindings(client.resource<RoleBinding>(rbac('rolebindings', true)), defaultRoleBindings()),
    ensureServices(client, options, clusterDNS),
    ensureEndpoints(client, options),
    ...(options.authorities ? [ensureAuthorities(client, options.authorities)] : []),
  ]);
}

function ensureAuthorities(client: Client, authorities: ClientAuthorities): Promise<void> {
  return ensure<ConfigMap>(client.configMaps, [extensionAuthentication(authorities)], (existing, { data }) =>
    differs(existing.data, data) ? { action: 'update', object: { ...existing, data: data! } } : { action: 'none' });
}

/** Where the API server is, again: for when it has moved to another address. */
export async function ensureEndpoints(client: Client, address: ApiServerAddress): Promise<void> {
  await Promise.all([
    ensure<Endpoints>(client.endpoints, [kubernetesEndpoints(address)], (existing, expected) =>
      differs(existing.subsets ?? [], expected.subsets ?? [])
        ? { action: 'update', object: { ...existing, subsets: expected.subsets ?? [] } }
        : { action: 'none' },
    ),
    ensure<EndpointSlice>(client.endpointSlices, [kubernetesEndpointSlice(address)], (existing, expected) => {
      const { endpoints, ports } = expected;
      const same =
        existing.addressType === expected.addressType &&
        !differs(existing.endpoints ?? [], endpoints) &&
        !differs(existing.ports, ports);
      if (same) return { action: 'none' };
      if (existing.addressType !== expected.addressType) return { action: 'recreate' };
      return { action: 'update', object: { ...existing, endpoints: endpoints!, ports: ports! } };
    }),
  ]);
}

function ensureServices(client: Client, address: ApiServerAddress, clusterDNS: string): Promise<void> {
  const expected = kubernetesService(address);
  return ensure<Service>(client.services, [expected, dnsService(clusterDNS)], (existing, { metadata, spec }) => {
    const moved = metadata.name === expected.metadata.name && differs(existing.spec?.ports, spec?.ports);
    return moved
      ? { action: 'update', object: { ...existing, spec: { ...existing.spec, ports: spec!.ports! } } }
      : { action: 'none' };
  });
}

/** The object tells what the server's network is; the server itself is told by its options. */
function ensureServiceCidr(client: Client, cidr: string): Promise<void> {
  const resource = client.resource<ServiceCIDR>({
    group: 'networking.k8s.io',
    version: 'v1',
    resource: 'servicecidrs',
    namespaced: false,
  });
  return ensure(resource, [defaultServiceCidr(cidr)]);
}

const ensureRoles = <T extends Role | ClusterRole>(client: ResourceClient<T>, expected: readonly T[]) =>
  ensure<T>(client, expected, (existing, wanted) => repairRole<T>(existing, wanted));
const ensureBindings = <T extends RoleBinding | ClusterRoleBinding>(
  client: ResourceClient<T>,
  expected: readonly T[],
) => ensure<T>(client, expected, (existing, wanted) => repairBinding<T>(existing, wanted));

const differs = (existing: unknown, expected: unknown): boolean => !deepEqual(existing, expected);
const keyOf = ({ metadata }: KubeObject): string => `${metadata.namespace ?? ''}/${metadata.name ?? ''}`;

/** Creates what a list of the resource lacks, and repairs the rest. */
async function ensure<T extends KubeObject>(
  client: ResourceClient<T>,
  expected: readonly T[],
  repair: (existing: Live<T>, expected: T) => Repair<T> = () => ({ action: 'none' }),
): Promise<void> {
  const { items } = await client.list();
  const existing = new Map(items.map((item) => [keyOf(item), item]));
  await Promise.all(
    expected.map(async (wanted) => {
      const found = existing.get(keyOf(wanted));
      if (!found) return create(client, wanted);
      const needed = repair(found, wanted);
      if (needed.action === 'update') await unless('Conflict', client.update(needed.object, { fieldManager }));
      if (needed.action === 'recreate') {
        await unless('NotFound', client.delete(wanted.metadata.name!, wanted.metadata.namespace));
        await create(client, wanted);
      }
    }),
  );
}

/** Another API server on the same store may have been quicker. */
function create<T extends KubeObject>(client: ResourceClient<T>, object: T): Promise<void> {
  return unless('AlreadyExists', client.create(object, { fieldManager }));
}

async function unless(reason: 'AlreadyExists' | 'Conflict' | 'NotFound', request: Promise<unknown>): Promise<void> {
  try {
    await request;
  } catch (error) {
    if (!isStatusError(error, reason)) throw error;
  }
}
