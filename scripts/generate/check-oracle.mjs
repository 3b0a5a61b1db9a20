// node scripts/generate/check-oracle.mjs FOLDER: compares the generated catalogue with what a Kubernetes 1.36 server
// says of itself (openapi-v2.json, openapi-v3/, discovery-aggregated.json), and prints each difference.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readDefinitions } from './schemas.mjs';
import { readResources } from './resources.mjs';

const folder = process.argv[2];
if (!folder || !existsSync(folder)) {
  console.error('usage: node scripts/generate/check-oracle.mjs FOLDER');
  process.exit(2);
}
const read = (name) => JSON.parse(readFileSync(join(folder, name), 'utf8'));
const v2 = read('openapi-v2.json');
const v3 = Object.assign(
  {},
  ...readdirSync(join(folder, 'openapi-v3')).map((n) => read(`openapi-v3/${n}`).components?.schemas),
);

/** Differences that are known and right, by the pattern of their text. */
const explained = [
  // The server lists them for each group version that registers the meta types; our OpenAPI documents do too.
  /^group-version-kind of io\.k8s\.apimachinery\.pkg\.apis\.meta\.v1\.(DeleteOptions|WatchEvent):/,
];

const findings = [];
let compared = 0;
function compare(what, ours, theirs) {
  compared += 1;
  const canonical = (value) =>
    JSON.stringify(value, (_, v) =>
      v && typeof v === 'object' && !Array.isArray(v) ? Object.fromEntries(Object.entries(v).sort()) : v,
    );
  if (canonical(ours) !== canonical(theirs))
    findings.push(`${what}: ${canonical(ours)} here, ${canonical(theirs)} there`);
}

const machinery = 'io.k8s.apimachinery.pkg';
const formatOf = {
  [`${machinery}.api.resource.Quantity`]: 'quantity',
  [`${machinery}.apis.meta.v1.Time`]: 'date-time',
  [`${machinery}.apis.meta.v1.MicroTime`]: 'micro-time',
  [`${machinery}.util.intstr.IntOrString`]: 'int-or-string',
};

/** A type in one word, from either dialect: `[]io.k8s.api.core.v1.Container`, `map[]string`, `integer int32`. */
function typeWord(schema = {}) {
  const ref = (schema.$ref ?? schema.allOf?.[0]?.$ref)?.split('/').at(-1);
  if (ref) return formatOf[ref] ?? ref;
  if (Object.values(formatOf).includes(schema.format)) return schema.format;
  if (schema.type === 'array') return `[]${typeWord(schema.items)}`;
  if (schema.additionalProperties) return `map[]${typeWord(schema.additionalProperties)}`;
  return [schema.type, schema.format].filter(Boolean).join(' ') || 'any';
}

const extensions = ['list-type', 'list-map-keys', 'map-type', 'patch-strategy', 'patch-merge-key', 'unions'].map(
  (n) => `x-kubernetes-${n}`,
);
const typeWithDefault = (schema, base) =>
  schema?.type === 'integer' || schema?.type === 'number' ? typeWord(schema) : base;

function compareDefinition(name, ours, theirs) {
  compare(`fields of ${name}`, Object.keys(ours.properties ?? {}).sort(), Object.keys(theirs.properties ?? {}).sort());
  compare(`required of ${name}`, ours.required ?? [], [...(theirs.required ?? [])].sort());
  compare(
    `group-version-kind of ${name}`,
    ours['x-kubernetes-group-version-kind'],
    theirs['x-kubernetes-group-version-kind'],
  );
  for (const extension of extensions) compare(`${extension} of ${name}`, ours[extension], theirs[extension]);
  for (const [field, schema] of Object.entries(theirs.properties ?? {})) {
    const mine = ours.properties?.[field];
    if (!mine) continue;
    compare(`type of ${name}.${field}`, typeWithDefault(mine, typeWord(mine)), typeWord(schema));
    for (const extension of extensions) compare(`${extension} of ${name}.${field}`, mine[extension], schema[extension]);
    compare(`default of ${name}.${field}`, mine.default, v3[name].properties[field].default);
  }
}

const { definitions } = readDefinitions();
compare('definitions', Object.keys(definitions).sort(), Object.keys(v2.definitions).sort());
for (const [name, schema] of Object.entries(v2.definitions)) compareDefinition(name, definitions[name] ?? {}, schema);

function compareDiscovery(resources) {
  const theirs = read('discovery-aggregated.json').items.flatMap((group) =>
    group.versions.flatMap((version) =>
      version.resources.map((r) => ({ group: group.metadata.name, version: version.version, ...r })),
    ),
  );
  const mine = resources.filter((r) => r.group !== '');
  const key = (r) => `${r.group}/${r.version}/${r.resource}`;
  compare('resources', mine.map(key), theirs.map(key));
  for (const there of theirs) {
    const here = mine.find((r) => key(r) === key(there));
    if (!here) continue;
    compare(`kind of ${key(there)}`, here.kind, there.responseKind.kind);
    compare(`scope of ${key(there)}`, here.namespaced, there.scope === 'Namespaced');
    compare(`singular of ${key(there)}`, here.singular, there.singularResource);
    compare(`verbs of ${key(there)}`, here.verbs, [...there.verbs].sort());
    compare(`short names of ${key(there)}`, here.shortNames, there.shortNames ?? []);
    compare(`categories of ${key(there)}`, here.categories, there.categories ?? []);
    const subs = (there.subresources ?? []).map((s) => ({
      name: s.subresource,
      kind: s.responseKind.kind,
      verbs: [...s.verbs].sort(),
    }));
    compare(
      `subresources of ${key(there)}`,
      here.subresources.map((s) => ({ name: s.name, kind: s.kind.kind, verbs: s.verbs })),
      subs,
    );
  }
}

/** The core group is not in the discovery document: its paths speak for it. */
function compareCorePaths(resources) {
  const actions = { get: 'get', put: 'update', post: 'create', patch: 'patch', delete: 'delete' };
  const there = new Map();
  for (const [path, item] of Object.entries(v2.paths)) {
    const match = /^\/api\/v1\/(?!watch\/)(?:namespaces\/\{namespace\}\/)?(\w+)\/\{name\}(?:\/(\w+))?$/.exec(path);
    if (!match) continue;
    const verbs = Object.keys(item)
      .filter((method) => method in actions)
      .map((method) => actions[method])
      .sort();
    there.set([match[1], match[2]].filter(Boolean).join('/'), verbs);
  }
  for (const info of resources.filter((r) => r.group === '')) {
    const own = info.verbs.filter((verb) => ['get', 'update', 'patch', 'delete'].includes(verb));
    if (there.has(info.resource)) compare(`item verbs of ${info.resource}`, own, there.get(info.resource));
    for (const sub of info.subresources)
      compare(`verbs of ${info.resource}/${sub.name}`, sub.verbs, there.get(`${info.resource}/${sub.name}`));
  }
}

const resources = readResources();
compareDiscovery(resources);
compareCorePaths(resources);

const open = findings.filter((text) => !explained.some((pattern) => pattern.test(text)));
for (const text of open) console.log(text);
if (process.argv.includes('--known')) for (const text of findings) console.log(text);
console.log(`${compared} comparisons, ${findings.length - open.length} known differences, ${open.length} findings`);
process.exitCode = open.length ? 1 : 0;
