import { places } from './field-tree';
import { isBuiltIn } from './kind-id';
import { containersOf, podTemplatePlace } from './pod-template';
import type { ObjectLinks } from './reference';

const nameForm = /^[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?$/;

/**
 * Names that an object holds beside its references. Whoever writes a name into a custom resource (a certificate's secret, a
 * generator of a kustomization), a role or a program's arguments may well have something make the object that is so called.
 */
export function mentionsOf({ object, id, references }: Pick<ObjectLinks, 'object' | 'id' | 'references'>): Set<string> {
  const found = new Set<string>();
  const add = (text: unknown) => {
    if (typeof text === 'string' && nameForm.test(text)) found.add(text);
  };
  if (id === 'Role' || id === 'ClusterRole') places(object.value, 'rules[].resourceNames[]').forEach(({ value }) => add(value));
  if (!isBuiltIn(id)) {
    eachText(object.value, add);
    for (const reference of references) if ('name' in reference) found.delete(reference.name);
  }
  const pod = podTemplatePlace(id, object.value);
  if (!pod) return found;
  for (const { value } of containersOf(object.value, pod)) {
    for (const argument of places(value, '{args,command}[]')) {
      if (typeof argument.value === 'string') argument.value.split(/[\s=,:/"']+/).forEach(add);
    }
  }
  return found;
}

function eachText(value: unknown, found: (text: string) => void): void {
  if (typeof value === 'string') found(value);
  else if (typeof value === 'object' && value !== null) for (const each of Object.values(value)) eachText(each, found);
}
