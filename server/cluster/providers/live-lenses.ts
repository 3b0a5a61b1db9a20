import type { CodeLens } from 'vscode-languageserver/node';
import type { LensCommand, LensTarget } from '../../../runtime/client/editor-protocol';
import { View } from '../../../runtime/api/table/view';
import type { ServerContext } from '../../context';
import { rangeIn } from '../../documents/positions';
import type { SourceFile } from '../../documents/source-file';
import { liveObject } from '../live-source';
import { type PodState, podState } from '../state/pods';
import { podsOf } from '../state/workloads';
import { containersOf } from '../causes/cause';
import { kindKey, podPath } from '../written-object';
import { type LiveFileObject, objectsOf, rangeOf } from './live-file';

const titles: Readonly<Record<LensCommand, string>> = {
  'podium.deploy': 'Deploy',
  'podium.diff': 'Diff',
  'podium.logs': 'Logs',
  'podium.shell': 'Shell',
  'podium.forward': 'Forward',
  'podium.debug': 'Debug',
};

/** Who has more to choose from asks the cluster. */
const mostPods = 50;

/** Above each object, what can be done with it as the cluster is now; of the commands that the client has. */
export function registerLiveLenses(context: ServerContext): void {
  const commands = new Set(context.initialization.commands ?? []);
  if (commands.size === 0) return;
  context.providers.add('codeLens', 'cluster', ({ file }) =>
    lensesOf(file, context).filter(({ command }) => commands.has(command?.command as LensCommand)),
  );
}

export function lensesOf(file: SourceFile, context: ServerContext): CodeLens[] {
  return objectsOf(file.uri, context).flatMap((object) => {
    const pods = livePods(object, context);
    const range = rangeIn(file, rangeOf(object, ['kind']));
    const above = {
      start: { line: firstLine(object, file), character: 0 },
      end: { line: firstLine(object, file), character: 0 },
    };
    const target = targetOf(object, file, range, pods);
    return possible(object, pods, context).map((command) => ({
      range: above,
      command: { title: titles[command], command, arguments: [target] },
    }));
  });
}

function firstLine(object: LiveFileObject, file: SourceFile): number {
  const lines = ['apiVersion', 'kind', 'metadata'].map((field) => rangeIn(file, rangeOf(object, [field])).start.line);
  return Math.min(...lines);
}

function livePods({ written }: LiveFileObject, { cluster }: ServerContext): PodState[] {
  const source = cluster.source();
  const itself = kindKey(written) === 'Pod' ? liveObject(written, source) : undefined;
  const pods = itself ? [podState(itself, source.now)] : podsOf({ object: written, source });
  return pods.filter(({ isTerminating }) => !isTerminating).sort((a, b) => Number(b.isReady) - Number(a.isReady));
}

function possible({ written }: LiveFileObject, pods: readonly PodState[], { cluster }: ServerContext): LensCommand[] {
  const isLive = cluster.state === 'connected' && liveObject(written, cluster.source()) !== undefined;
  const runs = podPath(written) !== undefined && pods.length > 0;
  const isReady = pods.some((pod) => pod.isReady);
  const isReached = runs || kindKey(written) === 'Service';
  const conditions: readonly (readonly [LensCommand, boolean])[] = [
    ['podium.deploy', true],
    ['podium.diff', isLive],
    ['podium.logs', isLive && runs],
    ['podium.shell', isLive && runs && pods.some((pod) => pod.status === 'Running')],
    ['podium.forward', isLive && isReached && isReady],
    ['podium.debug', isLive && runs],
  ];
  return conditions.filter(([, holds]) => holds).map(([command]) => command);
}

function targetOf(
  { written, source }: LiveFileObject,
  file: SourceFile,
  range: LensTarget['range'],
  pods: readonly PodState[],
): LensTarget {
  const ports =
    kindKey(written) === 'Service'
      ? View.of(written.value)
          .list('spec', 'ports')
          .map((port) => port.number('port'))
      : containersOf(written).flatMap(({ view }) => view.list('ports').map((port) => port.number('containerPort')));
  return {
    uri: file.uri,
    range,
    apiVersion: source.value.apiVersion ?? '',
    kind: written.kind,
    name: written.name,
    namespace: written.namespace,
    ...(pods.length > 0 && { pods: pods.slice(0, mostPods).map(({ name }) => name) }),
    ...(ports.length > 0 && { ports: ports.filter((port) => port > 0) }),
  };
}
