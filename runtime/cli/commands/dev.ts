import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, posix, resolve } from 'node:path';
import type { Command } from 'commander';
import { isStatusError } from '../../api/status';
import { DevLoop } from '../../client/dev/dev-loop';
import { dockerignore } from '../../client/dev/dockerignore';
import { dockerfileRules } from '../../client/dev/dockerfile-rules';
import { changeReader } from '../../client/dev/rules';
import type { DevRule, DevSettings } from '../../client/dev/settings';
import { watchFiles } from '../../client/dev/watch';
import { imagesOf, type ObjectRef, restart } from '../../client/operations';
import { parseTarget, podSourceOf, type Target, TargetError } from '../../client/pods/target';
import type { Client } from '../../client/resource-client';
import { connectEngine } from '../../cluster/engine';
import { buildFolder } from '../../cluster/images/sample-images';
import { silentLogger } from '../../log';
import { runUntilSignal } from '../components/process';
import { connectCluster } from '../connection';
import { type DevFlags, devSettingsOf } from '../dev-settings';
import { UserError } from '../output';
import { nameOption } from './cluster';
import { apply } from './objects';

interface DevCommandOptions extends DevFlags {
  name: string;
  apply?: boolean;
}

export function registerDevCommand(program: Command): void {
  program
    .command('dev [folder]')
    .description('follow the sources: changed files are copied into the running containers, or the image is built and the workload restarted')
    .addOption(nameOption())
    .option('-n, --namespace <namespace>', 'namespace (default: default)')
    .option('-c, --container <container>', 'container (default: the first)')
    .option('--target <target>', 'whose pods: deploy/web (default: that of podium.yaml)')
    .option('--image <image>', 'name of the image that the folder\'s Dockerfile makes (default: the target\'s)')
    .option('-f, --filename <file...>', 'manifests, applied at the start')
    .option('--apply', 'apply the manifests again when they are saved')
    .action(dev);
}

async function dev(folder = '.', { name, apply: onSave, ...flags }: DevCommandOptions): Promise<void> {
  const root = resolve(folder);
  const settings = devSettingsOf(root, flags);
  const { client, close } = connectCluster(name);
  try {
    await new Session(name, root, settings, client).run(onSave ?? false);
  } finally {
    close();
  }
}

class Session {
  private readonly target: Target;
  private readonly namespace: string;
  /** Folder with the Dockerfile, from the root, with slashes; undefined when nothing is built. */
  private readonly context: string | undefined;

  constructor(private readonly name: string, private readonly root: string, private readonly settings: DevSettings, private readonly client: Client) {
    this.namespace = settings.namespace ?? 'default';
    this.target = parseTarget(settings.target, this.namespace);
    const context = posix.normalize(settings.build?.context ?? '.').replace(/\/$/, '');
    this.context = existsSync(join(root, context, 'Dockerfile')) ? context : undefined;
    if (settings.build && this.context === undefined) throw new UserError(`${join(root, context)} has no Dockerfile`);
    if (!settings.rules && this.context === undefined) throw new UserError(`${root} has neither a podium.yaml with dev.rules nor a Dockerfile`);
  }

  async run(onSave: boolean): Promise<void> {
    const { client, root, settings, target } = this;
    await this.begin();
    const loop = new DevLoop({
      client, root, logger: silentLogger, source: await podSourceOf(client, target), print,
      ...(settings.container !== undefined && { container: settings.container }),
      changeOf: this.changeOf(), apply: () => this.apply(), rebuild: () => this.rebuild(),
      isManifest: (path) => onSave && this.isManifest(path),
    });
    const onError = (error: unknown): void => print(`error: ${(error as Error).message}`);
    const watcher = await watchFiles(root, this.ignored(), (paths) => loop.changed(paths), onError);
    await loop.ready;
    print(`watching ${root} for ${settings.target}`);
    await runUntilSignal(async () => {
      await watcher.close();
      await loop.close();
    });
  }

  /** The image and the objects are as the sources are, before these are watched. */
  private async begin(): Promise<void> {
    const before = await this.exists();
    if (this.context !== undefined && (before || this.settings.build)) {
      const image = await this.image();
      const outcome = await this.build(image);
      print(outcome === 'built' ? `${image} is built` : `${image} is up to date`);
      if (outcome === 'built' && before && workloads[this.target.kind]) await restart(this.client, this.ref(), Date.now());
    }
    if (this.settings.manifests) await this.apply();
  }

  private async exists(): Promise<boolean> {
    try {
      await podSourceOf(this.client, this.target);
      return true;
    } catch (error) {
      if (isStatusError(error, 'NotFound') && this.settings.manifests) return false;
      throw error;
    }
  }

  private async rebuild(): Promise<string> {
    const image = await this.image();
    if ((await this.build(image)) === 'current') return `${image} is up to date`;
    await restart(this.client, this.ref(), Date.now());
    return `${image} is built, ${this.settings.target} is restarted`;
  }

  private async build(image: string): Promise<'built' | 'current'> {
    if (this.context === undefined) throw new UserError('there is no Dockerfile to build the image from');
    const lines: string[] = [];
    try {
      return await buildFolder(await connectEngine(), join(this.root, this.context), image, (line) => lines.push(line));
    } catch (error) {
      for (const line of lines.slice(-10)) process.stderr.write(`  ${line}\n`);
      throw error;
    }
  }

  private async image(): Promise<string> {
    const { build, container } = this.settings;
    if (build) return build.image;
    const images = await imagesOf(this.client, this.ref());
    const found = container === undefined ? images.at(-1) : images.find((each) => each.container === container);
    if (!found || (container === undefined && images.length > 1)) throw new UserError('which image is built? Name it with --image, or the container with -c');
    return found.image;
  }

  private apply(): Promise<void> {
    const filename = (this.settings.manifests ?? []).map((path) => resolve(this.root, path));
    return apply({ name: this.name, namespace: this.namespace, filename });
  }

  private ref(): ObjectRef {
    const { kind, name, namespace } = this.target;
    const found = workloads[kind];
    if (!found) throw new TargetError(`a ${kind} can't be restarted with another image: name its Deployment, StatefulSet or DaemonSet as the target`);
    return { apiVersion: 'apps/v1', kind: found, name, namespace };
  }

  private changeOf(): ReturnType<typeof changeReader> {
    const read = changeReader(this.settings.rules ?? this.dockerfileRules());
    return (path) => (path === 'podium.yaml' || this.isManifest(path) ? undefined : read(path));
  }

  private dockerfileRules(): DevRule[] {
    const context = join(this.root, this.context ?? '');
    const rules = dockerfileRules(readFileSync(join(context, 'Dockerfile'), 'utf8'), (path) => isFolder(join(context, path)));
    return rules.map((rule) => ({ ...rule, path: posix.join(this.context ?? '', rule.path) }));
  }

  /** By the context's `.dockerignore`, whose paths are from there. */
  private ignored(): (path: string) => boolean {
    const file = join(this.root, this.context ?? '', '.dockerignore');
    const ignores = dockerignore(existsSync(file) ? readFileSync(file, 'utf8') : '');
    const start = this.context === undefined || this.context === '.' ? '' : `${this.context}/`;
    return (path) => path.startsWith(start) && path !== `${start}Dockerfile` && ignores(path.slice(start.length));
  }

  private isManifest(path: string): boolean {
    return (this.settings.manifests ?? []).map((each) => posix.normalize(each).replace(/\/$/, '')).some((each) => path === each || path.startsWith(`${each}/`));
  }
}

const workloads: Partial<Record<Target['kind'], string>> = { deployment: 'Deployment', statefulset: 'StatefulSet', daemonset: 'DaemonSet' };

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
