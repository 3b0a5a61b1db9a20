import { finding, Path } from '../finding';
import type { CoreV1Event, EventsV1Event } from '../kinds';
import { byteLength, dns1123SubdomainProblems, qualifiedNameProblems } from '../names';
import type { Findings } from './common';
import { immutable, invalidEach } from './common';
import type { KindRules } from './rules';

/** An event in the names of the core group, which upstream's findings use for both groups. */
function toCore(event: EventsV1Event): CoreV1Event {
  return {
    ...event,
    involvedObject: event.regarding ?? {},
    message: event.note,
    reportingComponent: event.reportingController,
    count: event.deprecatedCount,
    firstTimestamp: event.deprecatedFirstTimestamp,
    lastTimestamp: event.deprecatedLastTimestamp,
    source: event.deprecatedSource,
  };
}

const at = (...fields: string[]) => Path.of(...fields);

function namespaceAgrees(out: Findings, event: CoreV1Event): void {
  const own = event.metadata.namespace ?? '';
  const involved = event.involvedObject.namespace ?? '';
  const refuse =
    () => out.push(finding.invalid(at('involvedObject', 'namespace'), involved, 'does not match event.namespace'));
  if (involved === '') {
    const allowed = event.eventTime ? ['default', 'kube-system'] : ['', 'default'];
    if (!allowed.includes(own)) refuse();
  } else if (!event.eventTime && own !== involved) refuse();
}

function length(out: Findings, field: string, value: string | undefined, limit: number): void {
  if (byteLength(value ?? '') > limit) out.push(finding.invalid(at(field), '', `can have at most ${limit} characters`));
}

/** The rules that events of both groups keep. */
function legacy(event: CoreV1Event): Findings {
  const out: Findings = [];
  namespaceAgrees(out, event);
  if (event.eventTime) {
    const controller = event.reportingComponent ?? '';
    if (!controller) out.push(finding.required(at('reportingController')));
    invalidEach(out, at('reportingController'), controller, qualifiedNameProblems(controller));
    if (!event.reportingInstance) out.push(finding.required(at('reportingInstance')));
    length(out, 'reportingInstance', event.reportingInstance, 128);
    if (!event.action) out.push(finding.required(at('action')));
    length(out, 'action', event.action, 128);
    if (!event.reason) out.push(finding.required(at('reason')));
    length(out, 'reason', event.reason, 128);
    length(out, 'message', event.message, 1024);
  }
  const namespace = event.metadata.namespace ?? '';
  invalidEach(out, at('namespace'), namespace, dns1123SubdomainProblems(namespace));
  return out;
}

export const coreEvent: KindRules<CoreV1Event> = { create: legacy };

function series(out: Findings, event: CoreV1Event): void {
  if (!event.series) return;
  if ((event.series.count ?? 0) < 2) out.push(finding.invalid(at('series.count'), '', 'should be at least 2'));
  if (!event.series.lastObservedTime) out.push(finding.required(at('series.lastObservedTime')));
}

const FIXED = [
  'involvedObject', 'reason', 'message', 'source', 'firstTimestamp', 'lastTimestamp', 'count', 'type', 'eventTime',
  'action', 'related',
  'reportingInstance',
] as const;

export const event: KindRules<EventsV1Event> = {
  create(object) {
    const core = toCore(object);
    const out = legacy(core);
    series(out, core);
    if (!core.eventTime) out.push(finding.required(at('eventTime')));
    if (core.type !== 'Normal' && core.type !== 'Warning') {
      out.push(finding.invalid(at('type'), '', `has invalid value: ${core.type ?? ''}`));
    }
    for (const field of ['firstTimestamp', 'lastTimestamp', 'count'] as const) {
      if (core[field]) out.push(finding.invalid(at(field), '', 'needs to be unset'));
    }
    if (core.source?.component || core.source?.host) out.push(finding.invalid(at('source'), '', 'needs to be unset'));
    return out;
  },
  update(object, old) {
    const [core, before] = [toCore(object), toCore(old)];
    const out = legacy(core);
    if (JSON.stringify(core.series) !== JSON.stringify(before.series)) series(out, core);
    for (const field of FIXED) immutable(out, at(field), core[field], before[field]);
    immutable(out, at('reportingController'), core.reportingComponent, before.reportingComponent);
    return out;
  },
};
