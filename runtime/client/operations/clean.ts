import type { UntypedObject } from '../../api/kinds';

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';
const metadataNoise = [
  'managedFields',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'selfLink',
  'ownerReferences',
] as const;

/** An object as a person would write it: without what the server keeps books with, and without status. */
export function withoutNoise(object: UntypedObject): UntypedObject {
  const { status: _, ...rest } = object as UntypedObject & { status?: unknown };
  const metadata: Record<string, unknown> = { ...rest.metadata };
  for (const field of metadataNoise) delete metadata[field];
  const annotations = { ...(metadata.annotations as Record<string, string> | undefined) };
  delete annotations[lastApplied];
  delete annotations['deployment.kubernetes.io/revision'];
  if (Object.keys(annotations).length > 0) metadata.annotations = annotations;
  else delete metadata.annotations;
  return { ...rest, metadata } as UntypedObject;
}

/** For editing: all that a person may change, and the version that the change is made to, so that a conflict is told. */
export function forEditing(object: UntypedObject): UntypedObject {
  const metadata: Record<string, unknown> = { ...object.metadata };
  delete metadata.managedFields;
  return { ...object, metadata } as UntypedObject;
}
