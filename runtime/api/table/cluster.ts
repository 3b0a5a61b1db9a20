import { age, humanDuration } from './duration';
import { ageColumn, ageOf, column, nameColumn, nameOf, orNone, wide } from './printer';
import type { Printer } from './printer';
import type { View } from './view';

const text = (name: string, description: string) => column(name, 'string', description);
const count = (name: string, description: string) => column(name, 'integer', description);

function nodeStatus(node: View): string {
  const ready = node.list('status', 'conditions').find((c) => c.text('type') === 'Ready');
  const status = !ready ? 'Unknown' : ready.text('status') === 'True' ? 'Ready' : 'NotReady';
  return node.flag('spec', 'unschedulable') ? `${status},SchedulingDisabled` : status;
}

function nodeRoles(node: View): string {
  const prefix = 'node-role.kubernetes.io/';
  const roles = new Set<string>();
  for (const [key, value] of Object.entries(node.map('metadata', 'labels'))) {
    if (key.startsWith(prefix) && key.length > prefix.length) roles.add(key.slice(prefix.length));
    else if (key === 'kubernetes.io/role' && value) roles.add(value);
  }
  return orNone([...roles].sort().join(','));
}

const nodeAddress = (node: View, type: string): string =>
  node
    .list('status', 'addresses')
    .find((a) => a.text('type') === type)
    ?.text('address') ?? '<none>';

/** The times and counts of an event, in the old API's fields or the new one's. */
function eventTimes(event: View, now: number): { first: string; last: string; count: number } {
  const field = (old: string, deprecated: string) => event.value(old) ?? event.value(deprecated);
  const since = (time: unknown) => age(time, now);
  const first = since(field('firstTimestamp', 'deprecatedFirstTimestamp') ?? event.value('eventTime'));
  const lastSeen = field('lastTimestamp', 'deprecatedLastTimestamp');
  if (event.has('series')) {
    return { first, last: since(event.value('series', 'lastObservedTime')), count: event.number('series', 'count') };
  }
  return {
    first,
    last: lastSeen === undefined ? first : since(lastSeen),
    count: Number(field('count', 'deprecatedCount') ?? 0) || 1,
  };
}

function eventCells(event: View, now: number): unknown[] {
  const { first, last, count: seen } = eventTimes(event, now);
  const object = event.has('involvedObject') ? event.at('involvedObject') : event.at('regarding');
  const source = event.has('source') ? event.at('source') : event.at('deprecatedSource');
  const kind = object.text('kind').toLowerCase();
  const component = source.text('component') || event.text('reportingComponent') || event.text('reportingController');
  const instance = source.text('host') || event.text('reportingInstance');
  return [
    last,
    event.text('type'),
    event.text('reason'),
    object.text('name') ? `${kind}/${object.text('name')}` : kind,
    object.text('fieldPath'),
    instance ? `${component}, ${instance}` : component,
    (event.text('message') || event.text('note')).trim(),
    first,
    seen,
    nameOf(event),
  ];
}

const eventPrinter: Printer = {
  columns: [
    text('Last Seen', 'Time since it last happened.'),
    text('Type', 'Normal or Warning.'),
    text('Reason', 'What happened, in a word.'),
    text('Object', 'Object that it happened to.'),
    wide('Subobject', 'Part of the object.'),
    wide('Source', 'Who reported it.'),
    text('Message', 'What happened.'),
    wide('First Seen', 'Time since it first happened.'),
    wide('Count', 'How often it happened.'),
    column('Name', 'string', 'Name of the event.', 1, 'name'),
  ],
  cells: eventCells,
};

function quotaCells(quota: View): [string, string] {
  const requests: string[] = [];
  const limits: string[] = [];
  for (const resource of Object.keys(quota.at('status', 'hard').json).sort()) {
    const used = quota.text('status', 'used', resource) || '0';
    const line = `${resource}: ${used}/${quota.text('status', 'hard', resource)}`;
    (resource.startsWith('limits.') ? limits : requests).push(line);
  }
  return [requests.join(', '), limits.join(', ')];
}

function subjects(binding: View): string[] {
  const of = (kind: string) => binding.list('subjects').filter((s) => s.text('kind') === kind);
  const named = (kind: string) =>
    of(kind)
      .map((s) => s.text('name'))
      .join(', ');
  const accounts = of('ServiceAccount').map((s) =>
    s.text('namespace') ? `${s.text('namespace')}/${s.text('name')}` : s.text('name'),
  );
  return [named('User'), named('Group'), accounts.join(', ')];
}

const bindingPrinter: Printer = {
  columns: [
    nameColumn,
    text('Role', 'Role that is given.'),
    ageColumn,
    wide('Users', 'Users that have it.'),
    wide('Groups', 'Groups that have it.'),
    wide('ServiceAccounts', 'Service accounts that have it.'),
  ],
  cells: (o, now) => [
    nameOf(o),
    `${o.text('roleRef', 'kind')}/${o.text('roleRef', 'name')}`,
    ageOf(o, now),
    ...subjects(o),
  ],
};

function certificateStatus(request: View): string {
  const types = new Set(request.list('status', 'conditions').map((c) => c.text('type')));
  const status = types.has('Denied') ? 'Denied' : types.has('Approved') ? 'Approved' : 'Pending';
  return status + (types.has('Failed') ? ',Failed' : '') + (request.text('status', 'certificate') ? ',Issued' : '');
}

function componentCells(component: View): unknown[] {
  const healthy = component.list('conditions').find((c) => c.text('type') === 'Healthy');
  const status = !healthy ? 'Unknown' : healthy.text('status') === 'True' ? 'Healthy' : 'Unhealthy';
  return [nameOf(component), status, healthy?.text('message') ?? '', healthy?.text('error') ?? ''];
}

function claimState(claim: View): string {
  const deleted = claim.has('metadata', 'deletionTimestamp');
  if (!claim.has('status', 'allocation')) return deleted ? 'deleted' : 'pending';
  const reserved = claim.values('status', 'reservedFor').length > 0;
  return [...(deleted ? ['deleted'] : []), 'allocated', ...(reserved ? ['reserved'] : [])].join(',');
}

const plain: Printer = { columns: [nameColumn, ageColumn], cells: (o, now) => [nameOf(o), ageOf(o, now)] };

export const clusterPrinters: Record<string, Printer> = {
  'Node': {
    columns: [
      nameColumn,
      text('Status', 'Whether the node is ready, and takes pods.'),
      text('Roles', 'Roles by its labels.'),
      ageColumn,
      text('Version', 'Version of the kubelet.'),
      wide('Internal-IP', 'Address inside the cluster.'),
      wide('External-IP', 'Address from outside.'),
      wide('OS-Image', 'Operating system.'),
      wide('Kernel-Version', 'Kernel.'),
      wide('Container-Runtime', 'Container runtime and its version.'),
    ],
    cells: (o, now) => [
      nameOf(o),
      nodeStatus(o),
      nodeRoles(o),
      ageOf(o, now),
      o.text('status', 'nodeInfo', 'kubeletVersion'),
      nodeAddress(o, 'InternalIP'),
      nodeAddress(o, 'ExternalIP'),
      ...['osImage', 'kernelVersion', 'containerRuntimeVersion'].map(
        (f) => o.text('status', 'nodeInfo', f) || '<unknown>',
      ),
    ],
  },
  'Namespace': {
    columns: [nameColumn, text('Status', 'Phase of the namespace.'), ageColumn],
    cells: (o, now) => [nameOf(o), o.text('status', 'phase'), ageOf(o, now)],
  },
  'ConfigMap': {
    columns: [nameColumn, text('Data', 'Number of entries.'), ageColumn],
    cells: (o, now) => [nameOf(o), o.size('data') + o.size('binaryData'), ageOf(o, now)],
  },
  'Secret': {
    columns: [nameColumn, text('Type', 'What it is for.'), text('Data', 'Number of entries.'), ageColumn],
    cells: (o, now) => [nameOf(o), o.text('type'), o.size('data'), ageOf(o, now)],
  },
  'ServiceAccount': {
    columns: [nameColumn, text('Secrets', 'Number of secrets.'), ageColumn],
    cells: (o, now) => [nameOf(o), o.values('secrets').length, ageOf(o, now)],
  },
  'Event': eventPrinter,
  'events.k8s.io/Event': eventPrinter,
  'ComponentStatus': {
    columns: [
      nameColumn,
      text('Status', 'Whether it is healthy.'),
      text('Message', 'What it says.'),
      text('Error', 'Its error.'),
    ],
    cells: componentCells,
  },
  'ResourceQuota': {
    columns: [
      nameColumn,
      text('Request', 'Used, of what may be requested.'),
      text('Limit', 'Used, of what limits may add up to.'),
      ageColumn,
    ],
    cells: (o, now) => [nameOf(o), ...quotaCells(o), ageOf(o, now)],
  },
  'rbac.authorization.k8s.io/RoleBinding': bindingPrinter,
  'rbac.authorization.k8s.io/ClusterRoleBinding': bindingPrinter,
  'certificates.k8s.io/CertificateSigningRequest': {
    columns: [
      nameColumn,
      ageColumn,
      text('SignerName', 'Who is asked to sign.'),
      text('Requestor', 'Who asked.'),
      text('RequestedDuration', 'How long it should be valid.'),
      text('Condition', 'What came of it.'),
    ],
    cells: (o, now) => [
      nameOf(o),
      ageOf(o, now),
      orNone(o.text('spec', 'signerName')),
      o.text('spec', 'username'),
      o.has('spec', 'expirationSeconds') ? humanDuration(o.number('spec', 'expirationSeconds') * 1000) : '<none>',
      certificateStatus(o),
    ],
  },
  'certificates.k8s.io/ClusterTrustBundle': {
    columns: [nameColumn, text('SignerName', 'Signer that it belongs to.')],
    cells: (o) => [nameOf(o), orNone(o.text('spec', 'signerName'))],
  },
  'coordination.k8s.io/Lease': {
    columns: [nameColumn, text('Holder', 'Who holds it.'), ageColumn],
    cells: (o, now) => [nameOf(o), o.text('spec', 'holderIdentity'), ageOf(o, now)],
  },
  'coordination.k8s.io/LeaseCandidate': {
    columns: [
      nameColumn,
      text('LeaseName', 'Lease that it stands for.'),
      text('BinaryVersion', 'Version of its program.'),
      text('EmulationVersion', 'Version that it acts as.'),
      ageColumn,
    ],
    cells: (o, now) => [
      nameOf(o),
      ...['leaseName', 'binaryVersion', 'emulationVersion'].map((f) => o.text('spec', f)),
      ageOf(o, now),
    ],
  },
  'scheduling.k8s.io/PriorityClass': {
    columns: [
      nameColumn,
      count('Value', 'Priority of its pods.'),
      column('Global-Default', 'boolean', 'Whether it is for pods without a class.'),
      ageColumn,
      text('PreemptionPolicy', 'Whether its pods displace others.'),
    ],
    cells: (o, now) => [
      nameOf(o),
      o.number('value'),
      o.flag('globalDefault'),
      ageOf(o, now),
      o.text('preemptionPolicy'),
    ],
  },
  'node.k8s.io/RuntimeClass': {
    columns: [nameColumn, text('Handler', 'Configuration of the runtime.'), ageColumn],
    cells: (o, now) => [nameOf(o), o.text('handler'), ageOf(o, now)],
  },
  'resource.k8s.io/DeviceClass': plain,
  'resource.k8s.io/ResourceClaimTemplate': plain,
  'resource.k8s.io/ResourceClaim': {
    columns: [nameColumn, text('State', 'Whether devices are allocated and reserved.'), ageColumn],
    cells: (o, now) => [nameOf(o), claimState(o), ageOf(o, now)],
  },
  'resource.k8s.io/ResourceSlice': {
    columns: [
      nameColumn,
      text('Node', 'Node that has the devices.'),
      text('Driver', 'Driver of the devices.'),
      text('Pool', 'Pool of the devices.'),
      ageColumn,
    ],
    cells: (o, now) => [
      nameOf(o),
      o.text('spec', 'nodeName'),
      o.text('spec', 'driver'),
      o.text('spec', 'pool', 'name'),
      ageOf(o, now),
    ],
  },
};
