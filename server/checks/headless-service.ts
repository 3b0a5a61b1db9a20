import { stringAt, valueAt } from '../references/field-tree';
import type { ObjectLinks } from '../references/reference';
import { objectsNamed } from '../references/resolve';
import type { CheckContext, CheckFinding } from './check';
import { objectAndFile } from './words';

/** The Service of a StatefulSet has an address of its own: then its pods have no names in the DNS. */
export function* servicesWithAddress(links: ObjectLinks, { index }: CheckContext): Iterable<CheckFinding> {
  if (links.id !== 'StatefulSet') return;
  for (const reference of links.references) {
    if (reference.type !== 'object' || reference.at.at(-1) !== 'serviceName') continue;
    const services = objectsNamed(index, reference);
    const [service] = services;
    if (!service || services.some(isHeadless)) continue;
    yield {
      at: reference.at,
      // A single pod does without a name of its own more often than not.
      severity: Number(valueAt(links.object.value, ['spec', 'replicas']) ?? 1) > 1 ? 'warning' : 'hint',
      code: 'not-headless',
      message: `${objectAndFile(service, links)} is not headless (clusterIP: None): the pods get no names of their own`,
      related: [{ object: service, at: ['spec', 'clusterIP'], message: 'not headless' }],
    };
  }
}

const isHeadless = ({ object }: ObjectLinks): boolean => stringAt(object.value, ['spec', 'clusterIP']) === 'None';
