import { type Command, Option } from 'commander';
import type { UntypedObject } from '../../api/kinds';
import { printBuild } from '../../api/kustomize';
import { parseApiVersion } from '../../api/object';
import { isStatusError } from '../../api/status';
import { toYaml } from '../../api/yaml';
import type { Client } from '../../client/resource-client';
import { connectCluster } from '../connection';
import { buildFolder, objectsOf } from '../manifest-sources';
import type { ManifestSources } from '../manifest-sources';
import { UserError } from '../output';
import { resourceArguments, type ServedResource, servedResources } from '../resource-args';
import { printTable, type Table } from '../table-printer';
import { nameOption } from './cluster';
import { chartOptions, type ChartOptions } from './templates';

interface GetOptions {
  name: string;
  namespace: string;
  allNamespaces?: boolean;
  selector?: string;
  output?: 'wide' | 'yaml' | 'json' | 'name';
}

const asTable = 'application/json;as=Table;v=v1;g=meta.k8s.io';
const namespaceOption = (): Option => new Option('-n, --namespace <namespace>', 'namespace').default('default');

export function registerObjectCommands(program: Command): void {
  const applying = program
    .command('apply')
    .description('create or change objects from files (server-side apply)')
    .addOption(nameOption())
    .addOption(namespaceOption())
    .option('-f, --filename <paths...>', 'files, folders, or - for standard input')
    .option('-k, --kustomize <folder>', 'folder with a kustomization')
    .option('--chart <folder>', 'folder with a Helm chart')
    .option('--force-conflicts', 'take over fields that others manage');
  chartOptions(applying).action(apply);
  program
    .command('get <types...>')
    .description('list objects: "get pods", "get deploy/web", "get all -A"')
    .addOption(nameOption())
    .addOption(namespaceOption())
    .option('-A, --all-namespaces', 'of all namespaces')
    .option('-l, --selector <selector>', 'label selector')
    .addOption(new Option('-o, --output <format>').choices(['wide', 'yaml', 'json', 'name']))
    .action(get);
  program
    .command('delete [types...]')
    .description('delete objects: "delete pod web", or those of files')
    .addOption(nameOption())
    .addOption(namespaceOption())
    .option('-f, --filename <paths...>', 'files, folders, or - for standard input')
    .option('-k, --kustomize <folder>', 'folder with a kustomization')
    .option('-l, --selector <selector>', 'label selector')
    .action(remove);
  program
    .command('kustomize [folder]')
    .description('print what a kustomization builds')
    .action((folder = '.') => void process.stdout.write(printBuild(buildFolder(folder as string))));
}

interface ApplyOptions extends ManifestSources, ChartOptions {
  name: string;
  namespace: string;
  forceConflicts?: boolean;
}

export async function apply({ name, namespace, forceConflicts, ...sources }: ApplyOptions): Promise<void> {
  const objects = await objectsOf({ namespace, ...sources });
  await withCluster(name, async (client, served) => {
    for (const object of objects) {
      const resource = resourceOf(object, served);
      const before = await liveVersion(client, resource, object, namespace);
      const after = await client.transport.request<UntypedObject>({
        method: 'PATCH',
        path: pathOf(resource, object.metadata.namespace ?? namespace, object.metadata.name),
        query: { fieldManager: 'podium', force: forceConflicts, fieldValidation: 'Strict' },
        contentType: 'application/apply-patch+yaml',
        body: object,
      });
      const outcome = before === undefined ? 'created' : before === after.metadata.resourceVersion ? 'unchanged' : 'configured';
      process.stdout.write(`${typeName(resource)}/${object.metadata.name} ${outcome}\n`);
    }
  });
}

async function liveVersion(client: Client, resource: ServedResource, object: UntypedObject, namespace: string): Promise<string | undefined> {
  try {
    const path = pathOf(resource, object.metadata.namespace ?? namespace, object.metadata.name);
    return (await client.transport.request<UntypedObject>({ method: 'GET', path })).metadata.resourceVersion;
  } catch (error) {
    if (isStatusError(error, 'NotFound')) return undefined;
    throw error;
  }
}

async function get(types: string[], options: GetOptions): Promise<void> {
  await withCluster(options.name, async (client, served) => {
    const targets = resourceArguments(types, served);
    const several = new Set(targets.map(({ resource }) => resource.resource)).size > 1;
    const objects: UntypedObject[] = [];
    let printed = false;
    for (const { resource, name } of targets) {
      const path = pathOf(resource, options.allNamespaces ? undefined : options.namespace, name);
      const query = { labelSelector: options.selector };
      if (options.output === 'yaml' || options.output === 'json' || options.output === 'name') {
        const result = await client.transport.request<UntypedObject & { items?: UntypedObject[] }>({ method: 'GET', path, query });
        objects.push(...(result.items?.map((item) => ({ ...item, apiVersion: apiVersionOf(resource), kind: resource.kind })) ?? [result]));
        if (options.output === 'name') process.stdout.write(objects.splice(0).map((object) => `${typeName(resource)}/${object.metadata.name}\n`).join(''));
        continue;
      }
      const table = await client.transport.request<Table>({ method: 'GET', path, query, accept: asTable });
      if (!table.rows?.length) continue;
      if (printed) process.stdout.write('\n');
      printed = true;
      const withNamespace = Boolean(options.allNamespaces && resource.namespaced);
      process.stdout.write(printTable(table, { wide: options.output === 'wide', withNamespace, ...(several && { kindPrefix: typeName(resource) }) }));
    }
    if (options.output === 'yaml' || options.output === 'json') printObjects(objects, options.output, targets.length === 1 && targets[0]?.name !== undefined);
    else if (!printed && options.output !== 'name') process.stderr.write(noneFound(options, targets.some(({ resource }) => resource.namespaced)));
  });
}

function printObjects(objects: UntypedObject[], format: 'yaml' | 'json', single: boolean): void {
  const value = single ? objects[0] : { apiVersion: 'v1', kind: 'List', metadata: {}, items: objects };
  process.stdout.write(format === 'json' ? `${JSON.stringify(value, null, 4)}\n` : toYaml(value));
}

function noneFound({ allNamespaces, namespace }: GetOptions, namespaced: boolean): string {
  return namespaced && !allNamespaces ? `No resources found in ${namespace} namespace.\n` : 'No resources found\n';
}

interface RemoveOptions extends ManifestSources {
  name: string;
  namespace: string;
  selector?: string;
}

async function remove(types: string[], options: RemoveOptions): Promise<void> {
  const { filename, kustomize } = options;
  const objects = filename || kustomize ? await objectsOf(options) : [];
  await withCluster(options.name, async (client, served) => {
    const named = types.length > 0 ? resourceArguments(types, served) : [];
    const targets = [
      ...objects.map((object) => ({ resource: resourceOf(object, served), name: object.metadata.name, namespace: object.metadata.namespace ?? options.namespace })),
      ...named.map((target) => ({ ...target, namespace: options.namespace })),
    ];
    if (targets.length === 0) throw new UserError('you must provide one or more resources by argument or filename');
    for (const { resource, name, namespace } of targets) {
      if (!name && !options.selector) throw new UserError('resource(s) were provided, but no name was specified');
      const names = name ? [name] : await namesOf(client, resource, namespace, options.selector);
      for (const each of names) await removeOne(client, resource, namespace, each);
    }
  });
}

async function removeOne(client: Client, resource: ServedResource, namespace: string, name: string): Promise<void> {
  await client.transport.request({ method: 'DELETE', path: pathOf(resource, namespace, name), body: { propagationPolicy: 'Background' } });
  process.stdout.write(`${typeName(resource)} "${name}" deleted\n`);
}

async function namesOf(client: Client, resource: ServedResource, namespace: string, labelSelector?: string): Promise<string[]> {
  const list = await client.transport.request<{ items: UntypedObject[] }>({ method: 'GET', path: pathOf(resource, namespace), query: { labelSelector } });
  return list.items.map(({ metadata }) => metadata.name ?? '');
}

async function withCluster(name: string, act: (client: Client, served: ServedResource[]) => Promise<void>): Promise<void> {
  const { client, close } = connectCluster(name);
  try {
    await act(client, await servedResources(client));
  } finally {
    close();
  }
}

function resourceOf(object: UntypedObject, served: readonly ServedResource[]): ServedResource {
  const { group, version } = parseApiVersion(object.apiVersion ?? '');
  const found = served.find((candidate) => candidate.group === group && candidate.kind === object.kind);
  if (!found) throw new UserError(`no matches for kind "${object.kind}" in version "${object.apiVersion}"`);
  return { ...found, version };
}

function pathOf({ group, version, resource, namespaced }: ServedResource, namespace: string | undefined, name?: string): string {
  const root = group ? `/apis/${group}/${version}` : `/api/${version}`;
  const scope = namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${root}${scope}/${resource}${name ? `/${encodeURIComponent(name)}` : ''}`;
}

function apiVersionOf({ group, version }: ServedResource): string {
  return group ? `${group}/${version}` : version;
}

function typeName({ resource, singular, group }: ServedResource): string {
  return `${singular || resource}${group ? `.${group}` : ''}`;
}
