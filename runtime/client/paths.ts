import type { GroupVersionResource } from '../api/object';

/** A path segment, escaped; the colon of `system:node` stays readable, as Go leaves it. */
export function segment(text: string): string {
  return encodeURIComponent(text).replaceAll('%3A', ':').replaceAll('%40', '@');
}

/** `/api/v1/namespaces/NAMESPACE/pods/NAME/SUBRESOURCE`; without a namespace, the collection over all of them. */
export function resourcePath(
  { group, version, resource }: GroupVersionResource, namespace?: string, name?: string, subresource?: string,
): string {
  const parts = group ? ['', 'apis', group, version] : ['', 'api', version];
  if (namespace) parts.push('namespaces', segment(namespace));
  parts.push(resource);
  if (name) parts.push(segment(name));
  if (subresource) parts.push(...subresource.split('/').map(segment));
  return parts.join('/');
}

export type Query = Record<string, string | number | boolean | readonly string[] | undefined>;

export function queryString(query: Query | undefined): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) search.append(key, String(one));
  }
  const text = search.toString();
  return text && `?${text}`;
}
