import type { UntypedObject } from '../../../runtime/api/kinds';
import { isObject } from '../../../runtime/api/patch/json';
import { kindKey, podOf, type WrittenObject } from '../written-object';

/** A pod as the object's controller would make it; undefined for a kind that makes none, and for a Pod itself. */
export function podOfTemplate(object: WrittenObject): UntypedObject | undefined {
  const found = kindKey(object) === 'Pod' ? undefined : podOf(object);
  if (!found || !found.pod.has('spec')) return undefined;
  const metadata = found.pod.value('metadata');
  const { labels, annotations } = isObject(metadata) ? metadata : {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName: `${object.name.slice(0, 50)}-`,
      namespace: object.namespace,
      ...(isObject(labels) && { labels: labels as Record<string, string> }),
      ...(isObject(annotations) && { annotations: annotations as Record<string, string> }),
    },
    spec: { restartPolicy: object.group === 'batch' ? 'Never' : 'Always', ...(found.pod.at('spec').json as object) },
  };
}
