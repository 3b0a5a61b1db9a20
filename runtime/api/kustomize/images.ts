import { isObject } from '../patch/json';
import type { FieldSpec } from './default-config';
import { visitFields } from './field-specs';
import type { ImageEntry } from './kustomization';
import { compile } from './resource-list';
import type { ResourceList } from './resource-list';
import { setFieldSource } from './sources';
import type { Source } from './sources';

/** Changes name, tag and digest of an image, in containers and at the given fields. Says whether there is one. */
export function setImage(list: ResourceList, entry: ImageEntry, specs: readonly FieldSpec[], source: Source): boolean {
  const pattern = compile(`^(${entry.name ?? ''})(:[a-zA-Z0-9_.{}-]*)?(@sha256:[a-zA-Z0-9_.{}-]*)?$`, source);
  let found = false;
  const changed = (image: unknown): string | undefined => {
    if (typeof image !== 'string' || !pattern.matcher(image).matches()) return undefined;
    found = true;
    return newImage(image, entry);
  };
  for (const resource of list.items) {
    if (resource.gvk.kind === 'CustomResourceDefinition') continue;
    visitContainers(resource.value, (container) => {
      const image = changed(container['image']);
      if (image === undefined || image === container['image']) return;
      container['image'] = image;
      setFieldSource(container, 'image', source);
    });
    for (const spec of specs) {
      visitFields(resource, { ...spec, create: false }, (field) => {
        const image = changed(field.value);
        if (image !== undefined && image !== field.value) field.set(image, source);
      });
    }
  }
  return found;
}

function visitContainers(value: unknown, visit: (container: Record<string, unknown>) => void): void {
  if (Array.isArray(value)) return value.forEach((item) => visitContainers(item, visit));
  if (!isObject(value)) return;
  for (const [key, field] of Object.entries(value)) {
    visitContainers(field, visit);
    if ((key === 'containers' || key === 'initContainers') && Array.isArray(field))
      field.filter(isObject).forEach(visit);
  }
}

/** A new tag or digest replaces both the tag and the digest. */
function newImage(image: string, { newName, newTag, tagSuffix, digest }: ImageEntry): string {
  const old = splitImage(image);
  const tag = newTag ? newTag : digest ? '' : tagSuffix ? old.tag + tagSuffix : old.tag;
  const hash = digest || (newTag ? '' : tagSuffix ? '' : old.digest);
  return `${newName || old.name}${tag ? `:${tag}` : ''}${hash ? `@${hash}` : ''}`;
}

/** `registry:5000/web:1@sha256:…` in its parts. */
export function splitImage(image: string): { name: string; tag: string; digest: string } {
  const at = image.indexOf('@');
  const digest = at < 0 ? '' : image.slice(at + 1);
  const tagged = at < 0 ? image : image.slice(0, at);
  const colon = tagged.lastIndexOf(':');
  if (colon < 0 || tagged.indexOf('/', colon) >= 0) return { name: tagged, tag: '', digest };
  return { name: tagged.slice(0, colon), tag: tagged.slice(colon + 1), digest };
}
