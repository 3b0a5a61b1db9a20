import { finding, type Finding, Path } from '../../api/finding';
import type { Container, Pod } from '../../api/kinds';
import { errors } from '../../api/status';
import type { Query } from '../http/query';

const first = (query: Query, name: string): string | undefined => query.get(name)?.[0];

/** The container that a request is about: the one it names, or the only one (registry/core/pod/strategy.go). Throws 400. */
export function containerOf(pod: Pod, wanted: string | undefined): string {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = pod.spec ?? {};
  const name = pod.metadata.name ?? '';
  if (wanted) {
    const known = [...containers, ...initContainers, ...ephemeralContainers].some((container) => container.name === wanted);
    if (!known) throw errors.badRequest(`container ${wanted} is not valid for pod ${name}`);
    return wanted;
  }
  const [only] = containers;
  if (only && containers.length === 1) return only.name;
  if (!only) throw errors.badRequest(`a container name must be specified for pod ${name}`);
  const names = (list: readonly Pick<Container, 'name'>[]): string => `[${list.map((container) => container.name).join(' ')}]`;
  const alsoInit = initContainers.length > 0 ? ` or one of the init containers: ${names(initContainers)}` : '';
  throw errors.badRequest(`a container name must be specified for pod ${name}, choose one of: ${names(containers)}${alsoInit}`);
}

/** The node that runs a pod. Throws 400 while it has none. */
export function nodeOf(pod: Pod): string {
  const { nodeName } = pod.spec ?? {};
  if (!nodeName) throw errors.badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
  return nodeName;
}

const logOptions = ['follow', 'previous', 'sinceSeconds', 'sinceTime', 'timestamps', 'tailLines', 'limitBytes', 'stream'] as const;

/** Path and query of a log at the kubelet. Throws 422 for options that contradict each other. */
export function logPath(pod: Pod, container: string, query: Query): string {
  const findings = logFindings(query);
  if (findings.length > 0) throw errors.invalid({ kind: 'PodLogOptions', name: pod.metadata.name ?? '' }, findings);
  const passed = new URLSearchParams();
  for (const option of logOptions) {
    const value = first(query, option);
    if (value !== undefined && value !== '') passed.set(option, value);
  }
  const text = passed.toString();
  return `/containerLogs/${podPath(pod)}/${encodeURIComponent(container)}${text ? `?${text}` : ''}`;
}

function logFindings(query: Query): Finding[] {
  const found: Finding[] = [];
  const number = (name: string): number | undefined => {
    const text = first(query, name);
    if (text === undefined || text === '') return undefined;
    const value = Number(text);
    if (!Number.isInteger(value)) throw errors.badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
    return value;
  };
  const [tailLines, limitBytes, sinceSeconds] = [number('tailLines'), number('limitBytes'), number('sinceSeconds')];
  if (tailLines !== undefined && tailLines < 0) found.push(finding.invalid(Path.of('tailLines'), tailLines, 'must be greater than or equal to 0'));
  if (limitBytes !== undefined && limitBytes < 1) found.push(finding.invalid(Path.of('limitBytes'), limitBytes, 'must be greater than 0'));
  if (sinceSeconds !== undefined && first(query, 'sinceTime')) {
    found.push(finding.forbidden(Path.of(''), 'at most one of `sinceTime` or `sinceSeconds` may be specified'));
  } else if (sinceSeconds !== undefined && sinceSeconds < 1) {
    found.push(finding.invalid(Path.of('sinceSeconds'), sinceSeconds, 'must be greater than 0'));
  }
  return found;
}

/** What the kubelet calls the options of exec and attach. */
const streamOptions = [['stdin', 'input'], ['stdout', 'output'], ['stderr', 'error'], ['tty', 'tty']] as const;

export function streamPath(kind: 'exec' | 'attach', pod: Pod, container: string, query: Query): string {
  const passed = new URLSearchParams();
  for (const [option, name] of streamOptions) if (isTrue(first(query, option))) passed.set(name, '1');
  if (kind === 'exec') {
    const command = query.get('command') ?? [];
    if (command.length === 0) throw errors.badRequest('you must specify at least 1 command for the container');
    for (const word of command) passed.append('command', word);
  }
  const uses = ['input', 'output', 'error'].some((name) => passed.has(name));
  if (!uses) throw errors.badRequest('you must specify at least 1 of stdin, stdout, stderr');
  return `/${kind}/${podPath(pod)}/${encodeURIComponent(container)}?${passed}`;
}

export function portForwardPath(pod: Pod, query: Query): string {
  const ports = (query.get('ports') ?? []).flatMap((text) => text.split(','));
  const passed = new URLSearchParams(ports.map((port): [string, string] => ['port', port]));
  return `/portForward/${podPath(pod)}${ports.length > 0 ? `?${passed}` : ''}`;
}

function podPath({ metadata }: Pod): string {
  return `${encodeURIComponent(metadata.namespace ?? '')}/${encodeURIComponent(metadata.name ?? '')}`;
}

function isTrue(text: string | undefined): boolean {
  return text !== undefined && !['', '0', 'false', 'f', 'F', 'False', 'FALSE'].includes(text);
}
