import type { Job, PersistentVolumeClaim, Secret } from './kinds';
import type { UntypedObject } from './object';
import type { ResourceInfo } from './resource';

/**
 * What the API server makes of a new object between its defaults and its validation, as far as validation looks at it
 * (pkg/registry/…/strategy.go). Changes the object; its uid is set already.
 */
export function prepareForCreate(object: UntypedObject, { group, kind }: Pick<ResourceInfo, 'group' | 'kind'>): void {
  if (group === '' && kind === 'PersistentVolumeClaim') normalizeDataSources(object);
  else if (group === '' && kind === 'Secret') mergeStringData(object);
  else if (group === 'batch' && kind === 'Job') generateJobSelector(object);
}

/** The old and the new field that name a claim's data source say the same, unless it is in another namespace. */
export function normalizeDataSources(object: UntypedObject): void {
  const { spec } = object as unknown as PersistentVolumeClaim;
  if (!spec) return;
  const { dataSource, dataSourceRef } = spec;
  if (dataSource && !dataSourceRef) spec.dataSourceRef = { ...dataSource };
  else if (dataSourceRef && !dataSource && !dataSourceRef.namespace) {
    const { namespace: _namespace, ...source } = dataSourceRef;
    spec.dataSource = source;
  }
}

/** `stringData` is write-only: it becomes `data`, over what `data` has. */
export function mergeStringData(object: UntypedObject): void {
  const secret = object as unknown as Secret;
  const { stringData } = secret;
  delete secret.stringData;
  if (!stringData || Object.keys(stringData).length === 0) return;
  const data = { ...secret.data };
  for (const [key, text] of Object.entries(stringData)) data[key] = Buffer.from(text).toString('base64');
  secret.data = data;
}

const CONTROLLER_UID = 'batch.kubernetes.io/controller-uid';

/**
 * A job selects its own pods by a label that is made of its uid. What the user wrote stays: where it conflicts with what the
 * job needs, validation refuses it.
 */
export function generateJobSelector(object: UntypedObject): void {
  const { metadata = {}, spec } = object as unknown as Job;
  if (!spec || spec.manualSelector) return;
  const { uid = '', name = '' } = metadata;
  const own = { 'job-name': name, 'batch.kubernetes.io/job-name': name, 'controller-uid': uid, [CONTROLLER_UID]: uid };
  const { template } = spec;
  template.metadata = { ...template.metadata, labels: { ...own, ...template.metadata?.labels } };
  spec.selector = { ...spec.selector, matchLabels: { [CONTROLLER_UID]: uid, ...spec.selector?.matchLabels } };
}
