import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import { ExecCredentials } from './exec-credential';
import { httpTransport } from './http';
import type { HttpTransportOptions } from './http';
import { KubeconfigError, parseFile } from './kubeconfig-schema';
import type { ClusterEntry, KubeconfigFile, UserEntry } from './kubeconfig-schema';
import { proxyFor } from './proxy-environment';
import type { Transport } from './transport';

export { KubeconfigError } from './kubeconfig-schema';
export { mergeKubeconfigFile, removeFromKubeconfigFile } from './kubeconfig-file';

interface Named<T> {
  readonly entry: T;
  /** The file (or name) that it comes from, for messages. */
  readonly source: string;
  /** Where its relative paths begin. */
  readonly folder: string;
}

export interface Kubeconfig {
  readonly currentContext: string;
  readonly contexts: ReadonlyMap<string, Named<{ cluster: string; user: string; namespace?: string | undefined }>>;
  readonly clusters: ReadonlyMap<string, Named<ClusterEntry>>;
  readonly users: ReadonlyMap<string, Named<UserEntry>>;
  /** For messages. */
  readonly source: string;
}

/** Paths of $KUBECONFIG, or ~/.kube/config. */
export function kubeconfigPaths(environment: NodeJS.ProcessEnv = process.env): string[] {
  const listed = (environment['KUBECONFIG'] ?? '').split(delimiter).filter(Boolean);
  return listed.length > 0 ? [...new Set(listed)] : [join(homedir(), '.kube', 'config')];
}

/** The file that is written to: the first listed one that exists, else the last listed, else ~/.kube/config. */
export function defaultKubeconfigPath(environment: NodeJS.ProcessEnv = process.env): string {
  const paths = kubeconfigPaths(environment);
  return paths.find((path) => existsSync(path)) ?? paths.at(-1)!;
}

/** Reads and merges files as kubectl does: the first that names an entry or the current context wins; missing files are empty. */
export function loadKubeconfig(paths: readonly string[] = kubeconfigPaths()): Kubeconfig {
  const parts: Kubeconfig[] = [];
  for (const path of paths) {
    const text = readIfThere(path);
    if (text !== undefined) parts.push(toKubeconfig(parseFile(text, path), path, dirname(resolve(path))));
  }
  const merged = <T>(pick: (part: Kubeconfig) => ReadonlyMap<string, T>) => new Map([...parts].reverse().flatMap((part) => [...pick(part)]));
  return {
    source: paths.join(delimiter),
    currentContext: parts.find((part) => part.currentContext)?.currentContext ?? '',
    contexts: merged((part) => part.contexts),
    clusters: merged((part) => part.clusters),
    users: merged((part) => part.users),
  };
}

/** Reads one file, which must be there. Throws KubeconfigError. */
export function loadKubeconfigFile(path: string): Kubeconfig {
  const text = readIfThere(path);
  if (text === undefined) throw new KubeconfigError(path, 'no such file or directory');
  return parseKubeconfig(text, path, dirname(resolve(path)));
}

/** A kubeconfig out of a text; `source` names it in errors. Relative paths in it begin in `folder`. */
export function parseKubeconfig(text: string, source: string, folder = process.cwd()): Kubeconfig {
  return toKubeconfig(parseFile(text, source), source, folder);
}

/** A transport for a context, the current one when none is named. Throws KubeconfigError. */
export function transportFor(config: Kubeconfig, context?: string, more: Partial<HttpTransportOptions> = {}): Transport {
  return httpTransport({ ...transportOptions(config, context), ...more });
}

/** The namespace that a context works in. */
export function namespaceOf(config: Kubeconfig, context: string = config.currentContext): string {
  return config.contexts.get(context)?.entry.namespace || 'default';
}

export function transportOptions(config: Kubeconfig, context: string = config.currentContext): HttpTransportOptions {
  if (!context) throw new KubeconfigError(config.source, 'current-context is not set');
  const chosen = config.contexts.get(context);
  if (!chosen) throw new KubeconfigError(config.source, `context "${context}" does not exist`);
  const cluster = config.clusters.get(chosen.entry.cluster);
  if (!cluster) throw new KubeconfigError(chosen.source, `context "${context}": cluster "${chosen.entry.cluster}" does not exist`);
  const user = chosen.entry.user ? config.users.get(chosen.entry.user) : undefined;
  if (chosen.entry.user && !user) throw new KubeconfigError(chosen.source, `context "${context}": user "${chosen.entry.user}" does not exist`);
  return { ...clusterOptions(chosen.entry.cluster, cluster), ...(user && userOptions(chosen.entry.user, user, cluster)) };
}

function clusterOptions(name: string, cluster: Named<ClusterEntry>): HttpTransportOptions {
  const { entry, source } = cluster;
  const where = `clusters[${name}]`;
  const server = entry.server ?? '';
  if (!URL.canParse(server) || !/^https?:/.test(server)) throw new KubeconfigError(source, `${where}.cluster.server: not an http(s) URL`);
  const ca = material(cluster, where, 'cluster', 'certificate-authority', entry['certificate-authority-data'], entry['certificate-authority']);
  const proxy = entry['proxy-url'] || proxyFor(server);
  return {
    server,
    ...(ca && { ca }),
    ...(entry['insecure-skip-tls-verify'] && { insecureSkipTlsVerify: true }),
    ...(entry['tls-server-name'] && { tlsServerName: entry['tls-server-name'] }),
    ...(proxy && { proxy }),
  };
}

function userOptions(name: string, user: Named<UserEntry>, cluster: Named<ClusterEntry>): Partial<HttpTransportOptions> {
  const { entry, source, folder } = user;
  const where = `users[${name}]`;
  if (entry['auth-provider']) {
    throw new KubeconfigError(source, `${where}.user.auth-provider: "${entry['auth-provider'].name}" is no longer supported by Kubernetes; use exec`);
  }
  const cert = material(user, where, 'user', 'client-certificate', entry['client-certificate-data'], entry['client-certificate']);
  const key = material(user, where, 'user', 'client-key', entry['client-key-data'], entry['client-key']);
  return {
    ...(cert && { cert }),
    ...(key && { key }),
    ...(entry.token && { token: entry.token }),
    ...(entry.tokenFile && { tokenFile: absolute(entry.tokenFile, folder) }),
    ...(entry.username && { basic: { username: entry.username, password: entry.password ?? '' } }),
    ...(entry.exec && { credentials: new ExecCredentials(entry.exec, folder, clusterInfo(cluster)) }),
    ...(entry.as && {
      impersonate: {
        userName: entry.as,
        ...(entry['as-uid'] && { uid: entry['as-uid'] }),
        ...(entry['as-groups'] && { groups: entry['as-groups'] }),
        ...(entry['as-user-extra'] && { extra: entry['as-user-extra'] }),
      },
    }),
  };
}

/** What an exec plugin with provideClusterInfo is told. */
function clusterInfo({ entry, folder }: Named<ClusterEntry>): Record<string, unknown> {
  const file = entry['certificate-authority'];
  const data = entry['certificate-authority-data'] ?? (file && readFileSync(absolute(file, folder)).toString('base64'));
  return {
    server: entry.server,
    ...(entry['tls-server-name'] && { 'tls-server-name': entry['tls-server-name'] }),
    ...(entry['insecure-skip-tls-verify'] && { 'insecure-skip-tls-verify': true }),
    ...(data && { 'certificate-authority-data': data }),
    ...(entry['proxy-url'] && { 'proxy-url': entry['proxy-url'] }),
  };
}

/** PEM out of embedded base64, which wins, or of a file. */
function material(named: Named<unknown>, where: string, kind: string, field: string, data?: string, file?: string): string | undefined {
  if (data) {
    const text = Buffer.from(data, 'base64').toString('utf8');
    if (!text.includes('-----BEGIN')) throw new KubeconfigError(named.source, `${where}.${kind}.${field}-data: not base64 of PEM`);
    return text;
  }
  if (!file) return undefined;
  try {
    return readFileSync(absolute(file, named.folder), 'utf8');
  } catch (error) {
    throw new KubeconfigError(named.source, `${where}.${kind}.${field}: ${error instanceof Error ? error.message : 'unreadable'}`);
  }
}

function toKubeconfig(file: KubeconfigFile, source: string, folder: string): Kubeconfig {
  const named = <T>(entry: T): Named<T> => ({ entry, source, folder });
  return {
    source,
    currentContext: file['current-context'],
    contexts: new Map(file.contexts.map(({ name, context }) => [name, named(context)])),
    clusters: new Map(file.clusters.map(({ name, cluster }) => [name, named(cluster)])),
    users: new Map(file.users.map(({ name, user }) => [name, named(user)])),
  };
}

function absolute(path: string, folder: string): string {
  return isAbsolute(path) ? path : join(folder, path);
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new KubeconfigError(path, error instanceof Error ? error.message : 'unreadable');
  }
}
