import type { Container, Pod, SeccompProfile } from '../../api/kinds';
import type { ContainerConfig, ImageInfo } from '../container-runtime';
import { formatPod } from '../pods/pod-spec';
import { StartError } from './start-error';

/** The container's own security context over the pod's. Throws StartError where runAsNonRoot would be broken. */
export function containerSecurity(pod: Pod, container: Container, image: ImageInfo): ContainerConfig['security'] {
  const own = container.securityContext ?? {};
  const shared = pod.spec?.securityContext ?? {};
  const runAsUser = own.runAsUser ?? shared.runAsUser;
  const runAsGroup = own.runAsGroup ?? shared.runAsGroup;
  if (own.runAsNonRoot ?? shared.runAsNonRoot) verifyNonRoot(pod, container, runAsUser, image);
  const seccomp = own.seccompProfile ?? shared.seccompProfile;
  const groups = [...(shared.fsGroup !== undefined ? [shared.fsGroup] : []), ...(shared.supplementalGroups ?? [])];
  return {
    privileged: own.privileged ?? false,
    readOnlyRootFilesystem: own.readOnlyRootFilesystem ?? false,
    ...(runAsUser !== undefined && { runAsUser }),
    ...(runAsGroup !== undefined && { runAsGroup }),
    supplementalGroups: groups,
    addCapabilities: own.capabilities?.add ?? [],
    dropCapabilities: own.capabilities?.drop ?? [],
    noNewPrivileges: own.allowPrivilegeEscalation === false && !own.privileged,
    ...(seccomp && { seccompProfile: seccompOf(seccomp) }),
  };
}

function verifyNonRoot(pod: Pod, container: Container, runAsUser: number | undefined, image: ImageInfo): void {
  const where = `(pod: ${JSON.stringify(formatPod(pod))}, container: ${container.name})`;
  const refuse = (message: string): never => {
    throw new StartError('CreateContainerConfigError', message);
  };
  if (runAsUser !== undefined) {
    if (runAsUser === 0) refuse(`container's runAsUser breaks non-root policy ${where}`);
    return;
  }
  const user = (image.user ?? '').split(':')[0] ?? '';
  if (user === '' || user === '0') refuse(`container has runAsNonRoot and image will run as root ${where}`);
  if (!/^\d+$/.test(user))
    refuse(
      `container has runAsNonRoot and image has non-numeric user (${user}), cannot verify user is non-root ${where}`,
    );
}

/** The engine's own profile or none; a node has no folder of profiles, so a local one can't be loaded. */
function seccompOf({ type, localhostProfile = '' }: SeccompProfile): string {
  if (type === 'Unconfined') return 'unconfined';
  if (type !== 'Localhost') return 'runtime/default';
  const file = `/var/lib/kubelet/seccomp/${localhostProfile}`;
  const message = `cannot load seccomp profile ${JSON.stringify(file)}: open ${file}: no such file or directory`;
  throw new StartError('CreateContainerError', message);
}
