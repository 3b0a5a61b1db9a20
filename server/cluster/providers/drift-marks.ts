import type { TextRange } from '../../manifests/ranges';
import { driftOf } from '../drift';
import { ownerName, ownerOf } from '../field-owner';
import type { LiveObject } from '../watches/watches';
import { kindKey, pathText } from '../written-object';
import { type LiveFileObject, rangeOf } from './live-file';

/** A field that differs, at its place in the text. */
export interface DriftMark {
  readonly range: TextRange;
  readonly path: string;
  readonly file: string;
  readonly live: string | undefined;
  readonly manager: string | undefined;
}

/** Values longer than this are told in part. */
const longest = 200;

export function driftFields(object: LiveFileObject, live: LiveObject): DriftMark[] {
  const isSecret = kindKey(object.written) === 'Secret';
  return driftOf(object.written, live).map((drift) => {
    const owner = ownerOf(live, drift.elements);
    const isHidden = isSecret && /^(data|stringData)$/.test(drift.path[0] ?? '');
    return {
      range: rangeOf(object, drift.path),
      path: pathText(drift.path.map((step) => (/^\d+$/.test(step) ? Number(step) : step))),
      file: valueText(drift.file, isHidden),
      live: drift.live === undefined ? undefined : valueText(drift.live, isHidden),
      manager: owner && ownerName(owner),
    };
  });
}

/** A Secret's values are nobody's to show. */
export function valueText(value: unknown, isHidden = false): string {
  if (isHidden) return '(hidden)';
  const text =
    typeof value === 'string'
      ? value
      : JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? Number(item) : item));
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}
