import { age } from '../../../runtime/api/table';
import { View } from '../../../runtime/api/table/view';
import type { ServerContext } from '../../context';
import { cursorAt } from '../../manifests/cursor';
import type { HoverPart, PlaceRequest } from '../../providers';
import { liveEvents } from '../causes/cause';
import { liveField, ownerName, ownerOf } from '../field-owner';
import { isKnown, liveObject, type LiveSource } from '../live-source';
import { liveHints } from '../state/hints';
import { podTable } from '../state/pods';
import { podsOf, revisions } from '../state/workloads';
import type { LiveObject } from '../watches/watches';
import { kindKey, type WrittenObject } from '../written-object';
import { valueText } from './drift-marks';
import { objectsOf } from './live-file';

const mostEvents = 6;

/** At an object's kind or name: how it fares. At a field: its value in the cluster, and who set it. */
export function registerLiveHover(context: ServerContext): void {
  context.providers.add('hover', 'cluster', (at) => liveHover(at, context));
}

function liveHover({ file, offset }: PlaceRequest, context: ServerContext): HoverPart[] {
  const { cluster, types } = context;
  const cursor = cluster.state === 'connected' && cursorAt(file.documents, offset, types);
  if (!cursor) return [];
  const { document, objectPath, path, range } = cursor;
  const object = objectsOf(file.uri, context).find(
    (candidate) => candidate.document.range[0] === document.range[0] && candidate.source.path === objectPath,
  );
  if (!object) return [];
  const source = cluster.source();
  const live = liveObject(object.written, source);
  const steps = path.join('.');
  if (steps === 'kind' || steps === 'metadata.name' || steps === 'metadata') {
    return [
      { markdown: live ? objectText(object.written, live, source) : absentText(object.written, source), range },
    ].filter(({ markdown }) => markdown !== '');
  }
  const markdown = live ? fieldText(object.written, live, path, source.now) : '';
  return markdown === '' ? [] : [{ markdown, range }];
}

/** Nothing while it isn't known whether there is one. */
function absentText(object: WrittenObject, source: LiveSource): string {
  return isKnown(object, source)
    ? `**In the cluster:** there is no ${object.kind} \`${object.name}\`${inNamespace(object)}`
    : '';
}

const inNamespace = ({ namespace }: WrittenObject): string => (namespace ? ` in namespace \`${namespace}\`` : '');

function objectText(object: WrittenObject, live: LiveObject, source: LiveSource): string {
  const state = liveHints(object, source).find(({ path }) => path.join('.') === 'metadata.name');
  const created = `created ${age(live.metadata.creationTimestamp, source.now)} ago`;
  const sets = revisions({ object, source });
  const parts = [
    `**In the cluster:** ${[state?.text, created].filter(Boolean).join(', ')}`,
    conditionTable(live, source.now),
    podTable(podsOf({ object, source })),
    sets.length > 1 && `Revisions with pods: ${sets.map((set) => `\`${set}\``).join(', ')}`,
    eventTable(object, source),
  ];
  return parts.filter(Boolean).join('\n\n');
}

function conditionTable(live: LiveObject, now: number): string {
  const conditions = View.of(live).list('status', 'conditions');
  if (conditions.length === 0) return '';
  const rows = conditions.map((condition) => {
    const since = condition.value('lastTransitionTime') ?? condition.value('lastUpdateTime');
    const cells = [
      condition.text('type'),
      condition.text('status'),
      condition.text('reason'),
      since ? age(since, now) : '',
    ];
    return row([...cells, condition.text('message')]);
  });
  return ['| Condition | Status | Reason | Since | Message |', '| --- | --- | --- | --- | --- |', ...rows].join('\n');
}

function eventTable(object: WrittenObject, source: LiveSource): string {
  const events = liveEvents(object, source).slice(0, mostEvents);
  if (events.length === 0) return '';
  const rows = events.map(({ time, reason, isWarning, about, message, count }) =>
    row([
      age(time, source.now),
      isWarning ? `⚠ ${reason}` : reason,
      about.name,
      `${message}${count > 1 ? ` (×${count})` : ''}`,
    ]),
  );
  return ['| Age | Event | Object | Message |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

const row = (cells: readonly string[]): string => `| ${cells.map(cellText).join(' | ')} |`;
const cellText = (text: string): string =>
  text
    .replaceAll(/[\\|<*[\]]/g, '\\$&')
    .replaceAll(/\s+/g, ' ')
    .slice(0, 300);

function fieldText(object: WrittenObject, live: LiveObject, path: readonly (string | number)[], now: number): string {
  const field = liveField(object, live, path);
  if (!field || path[0] === 'apiVersion') return '';
  const isHidden = kindKey(object) === 'Secret' && (path[0] === 'data' || path[0] === 'stringData');
  const owner = ownerOf(live, field.elements);
  const by = owner && `, set by \`${ownerName(owner)}\`${owner.time ? ` ${age(owner.time, now)} ago` : ''}`;
  if (field.value === undefined) return '**In the cluster:** not set';
  if (typeof field.value === 'object') return by ? `**In the cluster:** ${by.slice(2)}` : '';
  return `**In the cluster:** \`${valueText(field.value, isHidden).replaceAll('`', "'")}\`${by ?? ''}`;
}
