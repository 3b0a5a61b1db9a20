import type { ContainerPortReference, ObjectLinks, PortReference } from '../references/reference';
import { containerPorts, type NamedPort, objectsNamed, portsThrough, selected } from '../references/resolve';
import { stringAt, valueAt } from '../references/field-tree';
import { kindName } from '../references/kind-id';
import type { CheckContext, CheckFinding } from './check';
import { similarName } from './nearest';
import { listText, objectAndFile, quote } from './words';

/** Ports by a name or number that nothing has. */
export function* missingPorts(links: ObjectLinks, context: CheckContext): Iterable<CheckFinding> {
  for (const reference of links.references) {
    const found =
      reference.type === 'containerPort'
        ? probePort(reference, context)
        : reference.type === 'port'
          ? reference.through.type === 'object'
            ? servicePort(reference, context)
            : selectedPort(reference, context)
          : undefined;
    if (found) yield found;
  }
}

/** A Service's port: what isn't there can't be reached, name or number. */
function servicePort(reference: PortReference, { index }: CheckContext): CheckFinding | undefined {
  const { through, from } = reference;
  if (through.type !== 'object' || !through.kinds.includes('Service')) return undefined;
  const services = objectsNamed(index, through).filter((each) => each.id === 'Service' && !isExternal(each));
  const ports = portsThrough(index, reference);
  const [service] = services;
  if (!service || ports.length === 0 || has(ports, reference.port)) return undefined;
  const owner = objectAndFile(service, from);
  return missing(reference, ports, `${owner} has no port ${portText(reference.port)}`, 'warning');
}

function isExternal({ object }: ObjectLinks): boolean {
  return stringAt(object.value, ['spec', 'type']) === 'ExternalName';
}

/** A port of what is selected. A number works without being declared, a name doesn't. */
function selectedPort(reference: PortReference, { index, settings }: CheckContext): CheckFinding | undefined {
  const { through, from, port } = reference;
  if (through.type !== 'selector' || (through.selects === 'pods' && selectsAll(reference))) return undefined;
  const owners = selected(index, through);
  const ports = portsThrough(index, reference);
  if (owners.length === 0 || has(ports, port)) return undefined;
  const names = listText(owners.slice(0, 3).map((owner) => objectAndFile(owner, from)));
  if (through.selects !== 'pods') {
    return typeof port === 'string' ? missing(reference, ports, `${names} has no port ${portText(port)}`, 'warning') : undefined;
  }
  const text = `no container of ${names} has a port ${portText(port)}`;
  if (typeof port === 'string') return /^\d+$/.test(port) ? undefined : missing(reference, ports, text, 'warning');
  const declares = owners.every((owner) => ports.some(({ object }) => object === owner));
  if (settings.undeclaredPorts === 'off' || !declares || from.id === 'NetworkPolicy') return undefined;
  return missing(reference, ports, text, settings.undeclaredPorts);
}

/** Ports of a policy that select all pods may be those of any. */
function selectsAll({ from, through }: PortReference): boolean {
  return from.id === 'NetworkPolicy' && through.type === 'selector' && through.selector.empty;
}

function probePort(reference: ContainerPortReference, { settings }: CheckContext): CheckFinding | undefined {
  const { port, from, container } = reference;
  const ports = containerPorts(reference);
  if (has(ports, port)) return undefined;
  const name = valueAt(from.object.value, [...container, 'name']);
  const text = `container ${quote(typeof name === 'string' ? name : '')} has no port ${portText(port)}`;
  if (typeof port === 'string') return /^\d+$/.test(port) ? undefined : missing(reference, ports, text, 'warning');
  // Ports for probes alone are declared by few; of those only who wants to know is told.
  return settings.undeclaredPorts === 'warning' && ports.length > 0 ? missing(reference, ports, text, 'warning') : undefined;
}

const has = (ports: readonly NamedPort[], wanted: string | number): boolean =>
  ports.some(({ name, port }) => (typeof wanted === 'string' ? name : port) === wanted);

const portText = (port: string | number): string => (typeof port === 'string' ? `named ${quote(port)}` : String(port));

type Shown = 'warning' | 'hint';

function missing(
  { at, port }: PortReference | ContainerPortReference,
  ports: readonly NamedPort[],
  text: string,
  severity: Shown | 'off',
): CheckFinding | undefined {
  if (severity === 'off') return undefined;
  const known = ports.map((each) => (typeof port === 'string' && each.name !== undefined ? quote(each.name) : each.port));
  const list = listText([...new Set(known.filter((each) => each !== undefined).map(String))].slice(0, 5));
  const fix = fixOf(port, ports);
  const [first] = ports;
  return {
    at,
    severity,
    code: 'missing-port',
    message: `${text}${list ? `; it has ${list}` : ''}`,
    ...(first && {
      related: [{ object: first.object, at: first.at, message: `ports of ${kindName(first.object.id)} ${quote(first.object.name)}` }],
    }),
    ...(fix !== undefined && { fixes: [{ title: `Change to ${fix}`, at, value: fix }] }),
  };
}

/** The one that is obviously meant. */
function fixOf(port: string | number, ports: readonly NamedPort[]): string | undefined {
  if (typeof port === 'string') {
    const names = ports.flatMap(({ name }) => name ?? []);
    return similarName(port, names) ?? (names.length === 1 ? names[0] : undefined);
  }
  const numbers = [...new Set(ports.flatMap((each) => each.port ?? []))];
  return numbers.length === 1 ? String(numbers[0]) : undefined;
}
