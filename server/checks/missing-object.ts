import { stringAt } from '../references/field-tree';
import { isBuiltIn, type KindId, kindName } from '../references/kind-id';
import { sameNamespace } from '../references/nearness';
import type { ObjectLinks, ObjectReference } from '../references/reference';
import type { ReferenceIndex } from '../references/reference-index';
import { objectsNamed } from '../references/resolve';
import type { CheckContext, CheckFinding } from './check';
import { inHome, inSameFile, namesNear, nearOfKind } from './surroundings';
import { isSystemNamespace, isWellKnown } from './well-known';
import { objectAndFile, quote } from './words';

/**
 * What shows that the workspace is where a target should be: another object in the referrer's file (`siblings`), one of the
 * target's kind in its file, or in its folder and obviously meant (`kind`), or one of a similar name (`similar`).
 */
type Evidence = 'siblings' | 'kind' | 'similar';

const evidenceOf: Readonly<Record<KindId, Evidence>> = {
  ConfigMap: 'siblings',
  PersistentVolumeClaim: 'siblings',
  ServiceAccount: 'siblings',
  Role: 'siblings',
  Service: 'siblings',
  Deployment: 'siblings',
  StatefulSet: 'siblings',
  ReplicaSet: 'siblings',
  ValidatingAdmissionPolicy: 'siblings',
  MutatingAdmissionPolicy: 'siblings',
  ResourceClaimTemplate: 'siblings',
  // Many are made by others: certificates, operators, external stores.
  Secret: 'kind',
  StorageClass: 'similar',
  IngressClass: 'similar',
  RuntimeClass: 'similar',
  'GatewayClass.gateway.networking.k8s.io': 'similar',
  'Issuer.cert-manager.io': 'similar',
  'ClusterIssuer.cert-manager.io': 'similar',
};

/** Names of objects that are nowhere. Namespaces have a check of their own, and owners are for the cluster to say. */
export function* missingObjects(links: ObjectLinks, context: CheckContext): Iterable<CheckFinding> {
  for (const reference of links.references) {
    if (reference.type !== 'object' || reference.at[0] === 'metadata' || reference.optional) continue;
    const found = missing(reference, context);
    if (found) yield found;
  }
}

function missing(reference: ObjectReference, context: CheckContext): CheckFinding | undefined {
  const { index, settings } = context;
  const { from, name, kinds, at } = reference;
  if (settings.missing === 'never' || exists(reference, context)) return undefined;
  const elsewhere = inOtherNamespace(index, reference);
  const near = nearOfKind(index, from, kinds, reference.namespace);
  const names = namesNear(index, from, kinds, reference.namespace);
  const similar = names.similar(name);
  // Who is in neither is missing wherever the workspace's parts come from.
  const absent = kinds.every((each) => context.live.has(each, reference.namespace, name) === false);
  const sure = settings.missing === 'always' || absent || elsewhere !== undefined || similar !== undefined;
  if (!sure && !isLikely(reference, near, index)) return undefined;
  const kind = kindName(kinds[0] ?? '');
  if (elsewhere) {
    const message = `${kind} ${quote(name)} is in namespace ${quote(elsewhere.namespace ?? '')}, not in ${quote(reference.namespace ?? '')}`;
    return { at, severity: 'warning', code: 'missing-object', message, related: [placeOf(elsewhere)] };
  }
  const nearest = firstNamed(near, names.nearest(name));
  const hint = nearest ? `; nearest is ${objectAndFile(nearest, from)}` : '';
  return {
    at,
    severity: 'warning',
    code: 'missing-object',
    message: `${kind} ${quote(name)} does not exist in the workspace${absent ? ' or the cluster' : ''}${hint}`,
    ...(nearest && { related: [placeOf(nearest)] }),
    ...(similar !== undefined && { fixes: [{ title: `Change to ${quote(similar)}`, at, value: similar, sure: true }] }),
  };
}

/** The first of each name, by what is near, which is another array after each change of the index. */
const byName = new WeakMap<readonly ObjectLinks[], ReadonlyMap<string, ObjectLinks>>();

function firstNamed(near: readonly ObjectLinks[], name: string | undefined): ObjectLinks | undefined {
  if (name === undefined) return undefined;
  let named = byName.get(near);
  if (!named) byName.set(near, (named = new Map([...near].reverse().map((each) => [each.name, each]))));
  return named.get(name);
}

function exists(reference: ObjectReference, { index, live, kustomized }: CheckContext): boolean {
  const { kinds, name, namespace, from } = reference;
  if (objectsNamed(index, reference).length > 0 || kinds.some((kind) => isWellKnown(kind, name))) return true;
  if (kinds.some((kind) => live.has(kind, namespace, name) === true)) return true;
  if ([...index.mentioning(name)].some((each) => each !== from)) return true;
  if (kustomized.generates(from.object.uri, name)) return true;
  return kinds.includes('PersistentVolumeClaim') && isClaimOfTemplate(index, name);
}

/** `data-web-0`: the claim that a StatefulSet makes for one of its pods. */
function isClaimOfTemplate(index: ReferenceIndex, name: string): boolean {
  const set = /^(.+)-\d+$/.exec(name)?.[1];
  return set !== undefined && [...index.ofKind('StatefulSet')].some((each) => set.endsWith(`-${each.name}`));
}

/** An object of the same name whose namespace is another one, both written. */
function inOtherNamespace(index: ReferenceIndex, { kinds, name, namespace, from }: ObjectReference): ObjectLinks | undefined {
  const others = kinds.flatMap((kind) => [...index.named(kind, name)]);
  const home = others.filter((each) => !sameNamespace(each.namespace, namespace));
  return home.find((each) => inSameFile(index, from).includes(each));
}

function isLikely(reference: ObjectReference, near: readonly ObjectLinks[], index: ReferenceIndex): boolean {
  const { from, kinds, at, namespace } = reference;
  if (isSystemNamespace(namespace) || isForeign(reference, index) || isGovernedOtherwise(reference, index)) return false;
  const evidence = isPullSecretOrTls(reference) ? 'similar' : (evidenceOf[kinds[0] ?? ''] ?? 'kind');
  if (evidence === 'similar' || !kinds.every((kind) => isBuiltIn(kind) || near.some(({ id }) => id === kind))) return false;
  const file = inSameFile(index, from);
  if (at.at(-1) === 'subdomain' || (led.has(kinds[0] ?? '') && !holdsWorkloads(reference, index))) return false;
  if (evidence === 'siblings' && file.length > 1) return true;
  return file.some((each) => near.includes(each) && each !== from) || isMeant(reference, near, index);
}

const led: ReadonlySet<KindId> = new Set(['Service', 'Deployment', 'StatefulSet', 'ReplicaSet']);

/** Registry credentials and certificates come from elsewhere more often than not. */
function isPullSecretOrTls({ at, from }: ObjectReference): boolean {
  return at.includes('imagePullSecrets') || at.includes('tls') || (from.id === 'ServiceAccount' && at[0] === 'secrets');
}

/**
 * The folder holds most of the targets of this kind that it refers to, or one that nobody refers to. A folder of examples
 * holds few of what they need.
 */
function isMeant({ kinds, from }: ObjectReference, near: readonly ObjectLinks[], index: ReferenceIndex): boolean {
  const { unused, usedByOne, asked, unmet } = demandFor(kinds, from, near, index);
  return unmet <= unused + (usedByOne.get(from) ?? 0) || unmet * 2 < asked;
}

/** What a folder asks for of some kinds, and what of them it has. */
interface Demand {
  readonly asked: number;
  readonly unmet: number;
  /** How many of what it has nobody refers to, and how many a single object does. */
  readonly unused: number;
  readonly usedByOne: ReadonlyMap<ObjectLinks, number>;
}

/** By what is near, which is another array after each change of the index. */
const demands = new WeakMap<readonly ObjectLinks[], Demand>();

function demandFor(kinds: readonly KindId[], from: ObjectLinks, near: readonly ObjectLinks[], index: ReferenceIndex): Demand {
  const known = demands.get(near);
  if (known) return known;
  const asked = inHome(index, from)
    .flatMap(({ references }) => references)
    .filter((each): each is ObjectReference => each.type === 'object' && each.kinds.some((kind) => kinds.includes(kind)));
  const unmet = asked.filter(({ name }) => !kinds.some((kind) => index.named(kind, name).size > 0)).length;
  const demand = { asked: asked.length, unmet, ...useOf(near, index) };
  demands.set(near, demand);
  return demand;
}

function useOf(near: readonly ObjectLinks[], index: ReferenceIndex): Pick<Demand, 'unused' | 'usedByOne'> {
  const usedByOne = new Map<ObjectLinks, number>();
  let unused = 0;
  for (const { id, name } of near) {
    const [user, ...others] = new Set([...index.referencesTo(id, name)].map(({ from }) => from));
    if (!user) unused++;
    else if (others.length === 0) usedByOne.set(user, (usedByOne.get(user) ?? 0) + 1);
  }
  return { unused, usedByOne };
}

/** The reference says a namespace in which nothing else here is: somebody else's. */
function isForeign({ from, namespace }: ObjectReference, index: ReferenceIndex): boolean {
  if (namespace === undefined || namespace === from.namespace) return false;
  return inHome(index, from).every((each) => each === from || (each.namespace !== namespace && each.name !== namespace));
}

/** Whether the files hold an application at all: what routes and scalers lead to is in them only then. */
function holdsWorkloads({ from }: ObjectReference, index: ReferenceIndex): boolean {
  return inHome(index, from).some(({ pod, id }) => pod !== undefined || id === 'Service');
}

/** The Service of a StatefulSet: what else selects its pods does for it, unless its name tells that it is the one. */
function isGovernedOtherwise({ from, at, name }: ObjectReference, index: ReferenceIndex): boolean {
  if (at.at(-1) !== 'serviceName') return false;
  const services = index.selectorsFor(from.pod?.labels ?? {}).filter((each) => each.from.id === 'Service');
  const meant = ({ from: service }: (typeof services)[number]) =>
    stringAt(service.object.value, ['spec', 'clusterIP']) === 'None' || name.includes(service.name) || service.name.includes(name);
  return services.length > 0 && !services.some(meant);
}

function placeOf(object: ObjectLinks): { object: ObjectLinks; at: string[]; message: string } {
  return { object, at: ['metadata', 'name'], message: `${kindName(object.id)} ${quote(object.name)}` };
}
