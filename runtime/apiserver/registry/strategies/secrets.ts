import type { UntypedObject } from '../../../api/object';
import { GenericStrategy } from '../strategy';
import type { StrategyContext } from '../strategy';

/** `stringData` is write-only: it becomes `data`, over what `data` has. */
export class SecretStrategy extends GenericStrategy {
  override prepareForCreate(object: UntypedObject, context: StrategyContext): void {
    super.prepareForCreate(object, context);
    mergeStringData(object);
  }

  override prepareForUpdate(object: UntypedObject, old: UntypedObject, context: StrategyContext): void {
    super.prepareForUpdate(object, old, context);
    mergeStringData(object);
    if (!object['type']) object['type'] = old['type'];
  }
}

export function mergeStringData(object: UntypedObject): void {
  const strings = object['stringData'] as Record<string, string> | undefined;
  delete object['stringData'];
  if (!strings || Object.keys(strings).length === 0) return;
  const data = { ...(object['data'] as Record<string, string> | undefined) };
  for (const [key, text] of Object.entries(strings)) data[key] = Buffer.from(text).toString('base64');
  object['data'] = data;
}
