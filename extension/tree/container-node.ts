import type { ContainerStatus, Live, Pod } from '../../runtime/api/kinds';
import { type Appearance, TreeNode } from './tree-node';
import { t } from '../words';

/** A container of a pod; `pod` and `containerName` are for commands. */
export class ContainerNode extends TreeNode {
  constructor(
    parent: TreeNode,
    readonly pod: Live<Pod>,
    readonly containerName: string,
    private readonly role: 'container' | 'init container' | 'sidecar',
    private readonly image: string,
    private readonly status: ContainerStatus | undefined,
  ) {
    super(`${parent.id}/${role === 'container' ? '' : 'init/'}${containerName}`, parent);
  }

  override appearance(): Appearance {
    const { state, color, icon } = looks(this.status);
    const restarts = this.status?.restartCount ?? 0;
    const description = [
      this.role === 'container' ? '' : this.role,
      state,
      restartsOf(restarts),
      this.image,
    ];
    const text = description.filter(Boolean).join(' · ');
    return {
      label: this.containerName,
      description: text,
      icon,
      ...(color && { color }),
      context: ' container ',
      spoken: `${this.role} ${this.containerName}, ${text}`,
    };
  }
}

export function containersOf(pod: Live<Pod>, parent: TreeNode): ContainerNode[] {
  const { spec, status } = pod;
  const find = (name: string, statuses: readonly ContainerStatus[] | undefined): ContainerStatus | undefined =>
    statuses?.find((each) => each.name === name);
  return [
    ...(spec?.initContainers ?? []).map(({ name, image = '', restartPolicy }) => {
      const role = restartPolicy === 'Always' ? 'sidecar' : 'init container';
      return new ContainerNode(parent, pod, name, role, image, find(name, status?.initContainerStatuses));
    }),
    ...(spec?.containers ?? []).map(
      ({ name, image = '' }) =>
        new ContainerNode(parent, pod, name, 'container', image, find(name, status?.containerStatuses)),
    ),
  ];
}

function restartsOf(restarts: number): string {
  if (restarts === 0) return '';
  return restarts === 1 ? t`1 restart` : t`${restarts} restarts`;
}

function looks(status: ContainerStatus | undefined): { state: string; icon: string; color?: string } {
  const { waiting, terminated, running } = status?.state ?? {};
  if (running) {
    const icon = 'vm-running';
    return status?.ready ? { state: 'Running', icon, color: 'testing.iconPassed' } : { state: t`Running, not ready`, icon, color: 'testing.iconQueued' };
  }
  if (terminated) {
    const { exitCode, reason } = terminated;
    if (exitCode === 0) return { state: reason ?? 'Completed', icon: 'pass', color: 'disabledForeground' };
    return { state: t`${reason ?? 'Error'}, exit code ${exitCode}`, icon: 'error', color: 'testing.iconFailed' };
  }
  const reason = waiting?.reason ?? 'Waiting';
  const harmless = ['ContainerCreating', 'PodInitializing', 'Waiting'].includes(reason);
  return { state: reason, icon: harmless ? 'vm-outline' : 'error', color: harmless ? 'testing.iconQueued' : 'testing.iconFailed' };
}
