import type { View } from '../../../runtime/api/table/view';
import { aboutPod, type Cause, type CauseInput, containersOf, firstWritten, type WrittenContainer } from './cause';

const imageReasons = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'ImageInspectError',
  'RegistryUnavailable',
  'SignatureValidationFailed',
]);

const configReasons = new Set([
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
  'PostStartHookError',
]);

/** What the states of containers say: images that can't be had, processes that end, memory that runs out. */
export function containerCauses(input: CauseInput): Cause[] {
  const written = new Map(containersOf(input.object).map((container) => [container.name, container]));
  return input.pods.flatMap((pod) =>
    statusesOf(pod).flatMap((status) => {
      const container = written.get(status.text('name'));
      const found = container && causeOf(status, container);
      return found ? [{ ...found, about: aboutPod(pod) }] : [];
    }),
  );
}

function statusesOf(pod: View): View[] {
  return [...pod.list('status', 'initContainerStatuses'), ...pod.list('status', 'containerStatuses')];
}

type Found = Omit<Cause, 'about'>;

function causeOf(status: View, container: WrittenContainer): Found | undefined {
  const waiting = status.at('state', 'waiting');
  const reason = waiting.text('reason');
  const message = waiting.text('message');
  if (imageReasons.has(reason)) return { path: [...container.path, 'image'], code: reason, message, time: '' };
  if (configReasons.has(reason)) return { path: configPath(container, message), code: reason, message, time: '' };
  if (reason === 'CrashLoopBackOff') return ended(status, status.at('lastState', 'terminated'), container, reason);
  const terminated = status.at('state', 'terminated');
  const failed = status.has('state', 'terminated') && terminated.number('exitCode') !== 0;
  return failed ? ended(status, terminated, container, terminated.text('reason') || 'Error') : undefined;
}

/** A process that ended: the memory limit if that was why, else what it was told to run. */
function ended(status: View, terminated: View, container: WrittenContainer, code: string): Found {
  const time = terminated.text('finishedAt');
  const restarts = status.number('restartCount');
  const again = restarts > 0 ? `, restarted ${restarts === 1 ? 'once' : `${restarts} times`}` : '';
  if (terminated.text('reason') === 'OOMKilled') {
    const path = firstWritten(container.view, container.path, ['resources', 'limits', 'memory'], ['resources']);
    const limit = container.view.text('resources', 'limits', 'memory');
    return { path, code: 'OOMKilled', message: `out of memory${limit && ` at its limit of ${limit}`}${again}`, time };
  }
  const path = firstWritten(container.view, container.path, ['command'], ['args'], ['image']);
  const line = lastLine(terminated.text('message'));
  const how =
    terminated.number('signal') > 0
      ? `signal ${terminated.number('signal')}`
      : `exit code ${terminated.number('exitCode')}`;
  return { path, code, message: `${how}${again}${line && `: ${line}`}`, time };
}

/** The termination message: what the container wrote there or, by policy, the end of its log. */
function lastLine(message: string): string {
  return message.trimEnd().split('\n').at(-1)?.slice(0, 300) ?? '';
}

/** A ConfigMap, Secret or key that is not there is named in the message: the reference that names it too. */
function configPath({ view, path }: WrittenContainer, message: string): string[] {
  const quoted = [...message.matchAll(/"([^"]+)"|\bkey (\S+) in /g)].map(([, name, key]) => name ?? key ?? '');
  const named = (reference: View) =>
    quoted.some((text) => text === reference.text('name') || text.endsWith(`/${reference.text('name')}`));
  const env = view
    .list('env')
    .findIndex((entry) => sources(entry.at('valueFrom'), 'configMapKeyRef', 'secretKeyRef').some(named));
  if (env >= 0) return [...path, 'env', String(env), 'valueFrom'];
  const from = view.list('envFrom').findIndex((entry) => sources(entry, 'configMapRef', 'secretRef').some(named));
  if (from >= 0) return [...path, 'envFrom', String(from)];
  const runs = /exec|executable|no such file|permission denied/i.test(message);
  return runs ? firstWritten(view, path, ['command'], ['args'], ['image']) : [...path, 'name'];
}

const sources = (view: View, ...fields: string[]): View[] =>
  fields.filter((field) => view.has(field)).map((field) => view.at(field));
