// Resources, their verbs and subresources, out of the client's API classes: paths, HTTP methods and body types.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { discovery, packages } from './facts.mjs';
import { modelsFolder } from './models.mjs';
import { byClass } from './schemas.mjs';

const apisFolder = join(modelsFolder, '../apis');
const camel = (text) =>
  text
    .split('.')
    .map((part) => part[0].toUpperCase() + part.slice(1))
    .join('');
const capital = (text) => text[0].toUpperCase() + text.slice(1);

/** `AppsV1Api` for apps/v1; group suffixes such as `.k8s.io` are not part of the name. */
function apiFile(group, version) {
  const name = group === '' ? 'Core' : camel(group.replace(/\.k8s\.io$/, ''));
  return join(apisFolder, `${name}${capital(version)}Api.js`);
}

function operationsIn(path) {
  const text = readFileSync(path, 'utf8');
  const [requests, responses] = text.split(/export class \w+ResponseProcessor/);
  const returns = new Map();
  for (const block of responses.split(/\n {4}async /).slice(1)) {
    returns.set(block.slice(0, block.indexOf('WithHttpInfo')), /text\(\), contentType\), "(.*?)"/.exec(block)?.[1]);
  }
  return requests
    .split(/\n {4}async /)
    .slice(1)
    .map((block) => {
      const name = block.slice(0, block.indexOf('('));
      return {
        name,
        path: /localVarPath = '(.*?)'/.exec(block)[1],
        method: /HttpMethod\.(\w+)/.exec(block)[1],
        body: /serialize\(body, "(\w+)"/.exec(block)?.[1],
        returns: returns.get(name),
        watchable: /setQueryParam\("watch"/.test(block),
      };
    });
}

const itemVerbs = { GET: 'get', PUT: 'update', PATCH: 'patch', DELETE: 'delete', POST: 'create' };
const listVerbs = { GET: 'list', POST: 'create', DELETE: 'deletecollection' };

const gvkOf = (className) => {
  const definition = byClass.get(className);
  const home = packages[definition.slice(0, definition.lastIndexOf('.'))];
  return { group: home.group, version: home.version, kind: definition.slice(definition.lastIndexOf('.') + 1) };
};

function isObject(className) {
  return (
    Boolean(className) &&
    byClass.has(className) &&
    !['V1Status', 'V1DeleteOptions'].includes(className) &&
    !/List$/.test(className)
  );
}

function readGroupVersion(group, version) {
  const prefix = group ? `/apis/${group}/${version}/` : `/api/${version}/`;
  const found = new Map();
  for (const operation of operationsIn(apiFile(group, version))) {
    const match = /^(namespaces\/\{namespace\}\/)?(\w+)(\/\{name\})?(?:\/(\w+))?$/.exec(
      operation.path.slice(prefix.length),
    );
    if (!operation.path.startsWith(prefix) || !match || operation.path.startsWith(`${prefix}watch/`)) continue;
    const [, namespaced, resource, item, subresource] = match;
    const entry = found.get(resource) ?? { resource, namespaced: false, verbs: new Set(), subresources: new Map() };
    found.set(resource, entry);
    if (namespaced) entry.namespaced = true;
    if (subresource) addSubresource(entry, subresource, operation);
    else addVerb(entry, Boolean(item), operation);
  }
  return [...found.values()].filter((entry) => entry.kind);
}

function addVerb(entry, item, operation) {
  entry.verbs.add((item ? itemVerbs : listVerbs)[operation.method]);
  if (operation.watchable) entry.verbs.add('watch');
  const className = [operation.body, operation.returns].find(isObject);
  if (className && !/^delete/.test(operation.name)) entry.kind = className;
}

function addSubresource(entry, name, operation) {
  const sub = entry.subresources.get(name) ?? { verbs: new Set() };
  entry.subresources.set(name, sub);
  if (operation.method in itemVerbs) sub.verbs.add(itemVerbs[operation.method]);
  sub.kind ??= [operation.body, operation.returns].find(isObject);
}

/** Options objects that only connecting subresources speak, and which no document defines. */
const connectKinds = {
  attach: 'AttachOptions',
  exec: 'ExecOptions',
  portforward: 'PortForwardOptions',
  proxy: 'ProxyOptions',
};

function subresourceKind(parent, name, className) {
  if (className) return gvkOf(className);
  return { ...parent, kind: parent.kind + (connectKinds[name] ?? '') };
}

function resourceInfo(group, version, entry) {
  const gvk = { group, version, kind: gvkOf(entry.kind).kind };
  const facts = discovery.resources[group ? `${entry.resource}.${group}` : entry.resource] ?? {};
  const subresources = [...entry.subresources].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    ...gvk,
    resource: entry.resource,
    listKind: `${gvk.kind}List`,
    singular: gvk.kind.toLowerCase(),
    namespaced: entry.namespaced,
    shortNames: facts.shortNames ?? [],
    categories: facts.categories ?? [],
    verbs: [...entry.verbs].sort(),
    subresources: subresources.map(([name, sub]) => ({
      name,
      kind: subresourceKind(gvk, name, sub.kind),
      verbs: [...sub.verbs].sort(),
    })),
    schema: { $ref: byClass.get(entry.kind) },
  };
}

/** Kubernetes' own order of versions: stable before beta before alpha, newer first. */
function versionRank(version) {
  const [, major, stage, minor] = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
  return [stage ? { beta: 1, alpha: 2 }[stage] : 0, -Number(major), -Number(minor ?? 0)];
}

const compare = (a, b) => a.map((x, i) => x - b[i]).find((x) => x !== 0) ?? 0;

/** Every resource of every version, groups and versions in discovery's order, resources by name. */
export function readResources() {
  const groups = new Map();
  for (const { group, version } of Object.values(packages)) {
    if (version) groups.set(group, [...new Set([...(groups.get(group) ?? []), version])]);
  }
  return discovery.groups.flatMap((group) =>
    groups
      .get(group)
      .sort((a, b) => compare(versionRank(a), versionRank(b)))
      .flatMap((version) =>
        readGroupVersion(group, version)
          .map((entry) => resourceInfo(group, version, entry))
          .sort((a, b) => (a.resource < b.resource ? -1 : 1)),
      ),
  );
}

/** What each query or path parameter means: `{ dryRun: 'When present, …' }`, and by class of operation where they differ. */
export function readParameterDescriptions() {
  const text = readFileSync(apiFile('', 'v1'), 'utf8').split(/export class \w+ResponseProcessor/)[0];
  const descriptions = {};
  for (const [, doc, operation] of text.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*async (\w+)\(/g)) {
    for (const [, name, description] of doc.matchAll(/@param (\w+) (.*)/g)) {
      const key = /^connect/.test(operation) || operation === 'readNamespacedPodLog' ? `${operation}.${name}` : name;
      descriptions[key] ??= decodeEntities(description);
    }
  }
  return descriptions;
}

const entities = { quot: '"', lt: '<', gt: '>', amp: '&' };
const decodeEntities = (text) =>
  text
    .replace(
      /\\?&(?:#(\d+)|#x([\dA-Fa-f]+)|(quot|lt|gt|amp));/g,
      (_, decimal, hex, name) => entities[name] ?? String.fromCodePoint(decimal ? Number(decimal) : parseInt(hex, 16)),
    )
    .replace(/\\"/g, '"')
    .replace(/\\n/g, '\n');
