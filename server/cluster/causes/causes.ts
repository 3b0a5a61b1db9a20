import { liveObject, type LiveSource } from '../live-source';
import type { WrittenObject } from '../written-object';
import { type Cause, causeInput, type CauseInput } from './cause';
import { claimCauses, conditionCauses, evictionCauses, serviceCauses } from './conditions';
import { containerCauses } from './containers';
import { creationCauses } from './creation';
import { probeCauses } from './probes';
import { schedulingCauses } from './scheduling';
import { volumeCauses } from './volumes';

const finders: readonly ((input: CauseInput, itself: object) => Cause[])[] = [
  containerCauses,
  probeCauses,
  schedulingCauses,
  volumeCauses,
  creationCauses,
  conditionCauses,
  claimCauses,
  serviceCauses,
  evictionCauses,
];

/** One warning on the causing field, of however many pods. */
export interface FieldWarning {
  readonly path: readonly string[];
  readonly code: string;
  readonly message: string;
}

/** What goes wrong with an object in the cluster; gone once it is well again. */
export function fieldWarnings(object: WrittenObject, source: LiveSource): FieldWarning[] {
  const itself = liveObject(object, source);
  if (!itself) return [];
  const input = causeInput(object, source, itself);
  return together(finders.flatMap((find) => find(input, itself)));
}

/** Pods of one workload fail alike: the newest is quoted, the others are counted. */
function together(causes: readonly Cause[]): FieldWarning[] {
  const groups = new Map<string, Cause[]>();
  for (const cause of causes) {
    const key = `${cause.path.join('.')} ${cause.code}`;
    groups.set(key, [...(groups.get(key) ?? []), cause]);
  }
  return [...groups.values()].map((group) => {
    const { path, code, message, about, time } = group.reduce((a, b) => (a.time < b.time ? b : a));
    const others = new Set(group.map((cause) => cause.about)).size - 1;
    const who = `${about}${others > 0 ? ` and ${others} more` : ''}${time && `, ${time}`}`;
    return { path, code, message: `${message.startsWith(code) ? '' : `${code}: `}${message} (${who})` };
  });
}
