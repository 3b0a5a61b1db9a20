import type { Finding } from '../../api/finding';
import type { UntypedObject } from '../../api/object';
import { validateCreate, validateUpdate } from '../../api/validation';
import { schemaFindings } from './schema-validation';
import type { Endpoint } from './endpoint';

/** Metadata as of any kind, then the values against the CRD's schema. */
export function customFindings(endpoint: Endpoint, object: UntypedObject, old: UntypedObject | undefined): Finding[] {
  const metadata = old ? validateUpdate(object, old, endpoint.info) : validateCreate(object, endpoint.info);
  return [...metadata, ...schemaFindings(object, endpoint.schema)];
}
