import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import * as z from 'zod';

/** No Docker Engine answers; `message` is one line for a person. */
export class EngineUnavailableError extends Error {
  override readonly name = 'EngineUnavailableError';
}

/** Where the engine is, and how a node container reaches the same engine. */
export interface Engine {
  docker: Docker;
  /** Engine architecture as images name it: `amd64`, `arm64`. */
  architecture: string;
  version: string;
  /** The engine runs in a VM of its own (Docker Desktop, Colima, OrbStack): its addresses aren't the host's. */
  remote: boolean;
  /** Memory and CPUs of the engine's machine. */
  memoryBytes: number;
  cpus: number;
}

const contextMeta = z.object({ Endpoints: z.object({ docker: z.object({ Host: z.string() }) }) });
const cliConfig = z.object({ currentContext: z.string().optional() });
const engineInfo = z.object({
  Architecture: z.string(), ServerVersion: z.string(), MemTotal: z.number(), NCPU: z.number(),
  OperatingSystem: z.string().default(''),
});

/** Finds the engine as the docker CLI does: DOCKER_HOST, DOCKER_CONTEXT, the current context, the default socket. */
export function engineAddress(env: NodeJS.ProcessEnv = process.env): string {
  if (env.DOCKER_HOST) return env.DOCKER_HOST;
  const folder = env.DOCKER_CONFIG ?? join(homedir(), '.docker');
  const context = env.DOCKER_CONTEXT ?? readJson(join(folder, 'config.json'), cliConfig)?.currentContext;
  if (context && context !== 'default') {
    const id = createHash('sha256').update(context).digest('hex');
    const meta = readJson(join(folder, 'contexts/meta', id, 'meta.json'), contextMeta);
    if (!meta) throw new EngineUnavailableError(`the Docker context "${context}" has no endpoint in ${folder}`);
    return meta.Endpoints.docker.Host;
  }
  return process.platform === 'win32' ? 'npipe:////./pipe/docker_engine' : 'unix:///var/run/docker.sock';
}

/** Connects to the engine and asks what it is. Throws EngineUnavailableError. */
export async function connectEngine(env: NodeJS.ProcessEnv = process.env): Promise<Engine> {
  const address = engineAddress(env);
  const docker = new Docker(dockerOptions(address, env));
  try {
    const info = engineInfo.parse(await docker.info());
    return {
      docker,
      architecture: imageArchitecture(info.Architecture),
      version: info.ServerVersion,
      remote: process.platform !== 'linux' || /docker desktop|colima|orbstack/i.test(info.OperatingSystem),
      memoryBytes: info.MemTotal,
      cpus: info.NCPU,
    };
  } catch (error) {
    throw new EngineUnavailableError(`no Docker Engine answers at ${address} (${(error as Error).message})`);
  }
}

function dockerOptions(address: string, env: NodeJS.ProcessEnv): Docker.DockerOptions {
  const unix = /^(?:unix|npipe):\/\/(.*)$/.exec(address);
  if (unix) return { socketPath: unix[1] };
  const url = new URL(address);
  const port = url.port || (url.protocol === 'ssh:' ? '22' : '2375');
  if (url.protocol === 'ssh:') return { protocol: 'ssh', host: url.hostname, port, username: url.username };
  const folder = env.DOCKER_CERT_PATH;
  if (!env.DOCKER_TLS_VERIFY || !folder) return { protocol: 'http', host: url.hostname, port };
  const pem = (file: string) => readFileSync(join(folder, file), 'utf8');
  return { protocol: 'https', host: url.hostname, port, ca: pem('ca.pem'), cert: pem('cert.pem'), key: pem('key.pem') };
}

function imageArchitecture(machine: string): string {
  return { x86_64: 'amd64', aarch64: 'arm64' }[machine] ?? machine;
}

function readJson<T>(file: string, schema: z.ZodType<T>): T | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return schema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    throw new EngineUnavailableError(`${file} is not a Docker CLI configuration`);
  }
}
