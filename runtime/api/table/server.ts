import { ageColumn, ageOf, column, nameColumn, nameOf, orNone, orUnset, selectorText } from './printer';
import type { Printer } from './printer';
import type { View } from './view';

const text = (name: string, description: string) => column(name, 'string', description);
const count = (name: string, description: string) => column(name, 'integer', description);

function apiServiceAvailable(service: View): string {
  const available = service.list('status', 'conditions').find((c) => c.text('type') === 'Available');
  if (!available) return 'Unknown';
  return available.text('status') === 'True' ? 'True' : `${available.text('status')} (${available.text('reason')})`;
}

const webhookPrinter: Printer = {
  columns: [nameColumn, count('Webhooks', 'Webhooks in the configuration.'), ageColumn],
  cells: (o, now) => [nameOf(o), o.values('webhooks').length, ageOf(o, now)],
};

function policyPrinter(list: 'validations' | 'mutations'): Printer {
  const title = list === 'validations' ? 'Validations' : 'Mutations';
  return {
    columns: [
      nameColumn,
      count(title, 'Rules in the policy.'),
      text('ParamKind', 'Kind of its parameters.'),
      ageColumn,
    ],
    cells: (o, now) => [
      nameOf(o),
      o.values('spec', list).length,
      o.has('spec', 'paramKind')
        ? `${o.text('spec', 'paramKind', 'apiVersion')}/${o.text('spec', 'paramKind', 'kind')}`
        : '<unset>',
      ageOf(o, now),
    ],
  };
}

function paramRef(binding: View): string {
  const ref = binding.at('spec', 'paramRef');
  if (ref.text('name')) return `${ref.text('namespace') || '*'}/${ref.text('name')}`;
  return ref.has('selector') ? selectorText(ref.value('selector'), '<error>') : '<unset>';
}

const policyBindingPrinter: Printer = {
  columns: [nameColumn, text('PolicyName', 'Policy that is bound.'), text('ParamRef', 'Its parameters.'), ageColumn],
  cells: (o, now) => [nameOf(o), o.text('spec', 'policyName'), paramRef(o), ageOf(o, now)],
};

function priorityLevelCells(o: View, now: number): unknown[] {
  const none = '<none>';
  const limited = o.at('spec', 'limited');
  const queuing = limited.at('limitResponse', 'queuing');
  const queue = (field: string) => (limited.has('limitResponse', 'queuing') ? queuing.number(field) : none);
  return [
    nameOf(o),
    o.text('spec', 'type'),
    o.has('spec', 'limited') ? limited.number('nominalConcurrencyShares') : none,
    queue('queues'),
    queue('handSize'),
    queue('queueLengthLimit'),
    ageOf(o, now),
  ];
}
/** Kinds that configure the API server itself. */
export const serverPrinters: Record<string, Printer> = {
  'admissionregistration.k8s.io/MutatingWebhookConfiguration': webhookPrinter,
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration': webhookPrinter,
  'admissionregistration.k8s.io/ValidatingAdmissionPolicy': policyPrinter('validations'),
  'admissionregistration.k8s.io/MutatingAdmissionPolicy': policyPrinter('mutations'),
  'admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding': policyBindingPrinter,
  'admissionregistration.k8s.io/MutatingAdmissionPolicyBinding': policyBindingPrinter,
  'flowcontrol.apiserver.k8s.io/FlowSchema': {
    columns: [
      nameColumn,
      text('PriorityLevel', 'Priority level of its requests.'),
      text('MatchingPrecedence', 'Order in which schemas are tried.'),
      text('DistinguisherMethod', 'What tells flows apart.'),
      ageColumn,
      text('MissingPL', 'Whether its priority level is missing.'),
    ],
    cells: (o, now) => [
      nameOf(o),
      o.text('spec', 'priorityLevelConfiguration', 'name'),
      o.number('spec', 'matchingPrecedence'),
      orNone(o.text('spec', 'distinguisherMethod', 'type')),
      ageOf(o, now),
      o
        .list('status', 'conditions')
        .find((c) => c.text('type') === 'Dangling')
        ?.text('status') ?? '?',
    ],
    order: (a, b) =>
      a.number('spec', 'matchingPrecedence') - b.number('spec', 'matchingPrecedence') ||
      (nameOf(a) < nameOf(b) ? -1 : 1),
  },
  'flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration': {
    columns: [
      nameColumn,
      text('Type', 'Limited or exempt.'),
      text('NominalConcurrencyShares', 'Its share of requests.'),
      text('Queues', 'Number of queues.'),
      text('HandSize', 'Queues that a flow is dealt.'),
      text('QueueLengthLimit', 'Requests that may wait in a queue.'),
      ageColumn,
    ],
    cells: priorityLevelCells,
  },
  'apiregistration.k8s.io/APIService': {
    columns: [
      nameColumn,
      text('Service', 'Service that serves the API.'),
      text('Available', 'Whether it answers.'),
      ageColumn,
    ],
    cells: (o, now) => [
      nameOf(o),
      o.has('spec', 'service')
        ? `${o.text('spec', 'service', 'namespace')}/${o.text('spec', 'service', 'name')}`
        : 'Local',
      apiServiceAvailable(o),
      ageOf(o, now),
    ],
  },
  'internal.apiserver.k8s.io/StorageVersion': {
    columns: [
      nameColumn,
      text('CommonEncodingVersion', 'Version that all servers write.'),
      text('StorageVersions', 'Version that each server writes.'),
      ageColumn,
    ],
    cells: (o, now) => [
      nameOf(o),
      orUnset(o.text('status', 'commonEncodingVersion')),
      orUnset(
        o
          .list('status', 'storageVersions')
          .map((v) => `${v.text('apiServerID')}=${v.text('encodingVersion')}`)
          .join(','),
      ),
      ageOf(o, now),
    ],
  },
};
