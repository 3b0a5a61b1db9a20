import type { CoreV1Event, KubeObject, Live, UntypedObject } from '../../runtime/api/kinds';
import { toYaml } from '../../runtime/api/yaml';
import { dependentsOf, getObject, type ObjectRef, withoutNoise } from '../../runtime/client/operations';
import type { Client } from '../../runtime/client/resource-client';
import { t } from '../words';

interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
}

/** An object as a page to read, Markdown: what it is, how it is, what belongs to it, what happened to it. */
export async function description(client: Client, ref: ObjectRef): Promise<string> {
  const [object, owned, events] = await Promise.all([
    getObject(client, ref),
    dependentsOf(client, ref),
    eventsOf(client, ref),
  ]);
  return [
    `# ${ref.kind} ${text(ref.name)}`,
    facts(object, ref),
    section(t`Conditions`, conditions(object)),
    section(t`Status`, status(object)),
    section(t`What belongs to it`, owned.map(({ kind, name }) => `- ${kind} ${text(name)}`).join('\n')),
    section(t`Events`, eventTable(events)),
    section(t`As it was written`, fence(toYaml(withoutNoise(object as UntypedObject)))),
  ]
    .filter(Boolean)
    .join('\n\n');
}

function facts({ metadata }: Live<KubeObject>, { apiVersion, namespace }: ObjectRef): string {
  const pairs = (record: Readonly<Record<string, string>> | undefined): string =>
    Object.entries(record ?? {})
      .map(([key, value]) => `\`${key}=${value.slice(0, 200)}\``)
      .join(' ');
  const owner = metadata.ownerReferences?.find(({ controller }) => controller);
  const rows: [string, string][] = [
    [t`API version`, apiVersion],
    [t`Namespace`, namespace],
    [t`Created`, metadata.creationTimestamp ?? ''],
    [t`Being deleted since`, metadata.deletionTimestamp ?? ''],
    [t`Controlled by`, owner ? `${owner.kind} ${owner.name}` : ''],
    [t`Labels`, pairs(metadata.labels)],
    [t`Finalizers`, (metadata.finalizers ?? []).join(', ')],
  ];
  return rows
    .filter(([, value]) => value)
    .map(([name, value]) => `**${name}:** ${value}  `)
    .join('\n');
}

function conditions(object: Live<KubeObject>): string {
  const { status: { conditions: list = [] } = {} } = object as { status?: { conditions?: Condition[] } };
  if (list.length === 0) return '';
  const rows = list.map(
    ({ type, status: state, reason = '', message = '' }) => `| ${type} | ${state} | ${reason} | ${cell(message)} |`,
  );
  return ['| Type | Status | Reason | Message |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function status(object: Live<KubeObject>): string {
  const { conditions: _, ...rest } = (object as { status?: Record<string, unknown> }).status ?? {};
  return Object.keys(rest).length > 0 ? fence(toYaml(rest)) : '';
}

async function eventsOf(client: Client, { kind, name, namespace }: ObjectRef): Promise<Live<CoreV1Event>[]> {
  const fieldSelector = `involvedObject.kind=${kind},involvedObject.name=${name}`;
  const { items } = await client.events.list({ fieldSelector, namespace: namespace || 'default' });
  return items.sort((a, b) => (lastSeen(a) < lastSeen(b) ? 1 : -1));
}

function eventTable(events: readonly Live<CoreV1Event>[]): string {
  if (events.length === 0) return '';
  const rows = events.map((event) => {
    const { type = '', reason = '', message = '', count = 1 } = event;
    return `| ${type} | ${reason} | ${lastSeen(event)}${count > 1 ? ` ×${count}` : ''} | ${cell(message)} |`;
  });
  return [`| ${t`Type`} | ${t`Reason`} | ${t`Last seen`} | ${t`Message`} |`, '| --- | --- | --- | --- |', ...rows].join('\n');
}

function lastSeen({ lastTimestamp, eventTime, metadata }: Live<CoreV1Event>): string {
  return lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? '';
}

function section(title: string, content: string): string {
  return content ? `## ${title}\n\n${content}` : '';
}

function fence(yaml: string): string {
  return `\`\`\`yaml\n${yaml.trimEnd()}\n\`\`\``;
}

function cell(value: string): string {
  return text(value)
    .replaceAll('|', '\\|')
    .replaceAll(/\s*\n\s*/g, ' ');
}

/** What an object is called is text, whatever characters it has. */
function text(value: string): string {
  return value.replaceAll(/[\\`*_{}[\]<>#]/g, '\\$&');
}
