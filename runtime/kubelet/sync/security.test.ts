import { describe, expect, it } from 'vitest';
import type { PodSecurityContext, SecurityContext } from '../../api/kinds';
import { testPod } from '../pods/testing';
import { containerSecurity } from './security';

const image = (user?: string) => ({ id: 'i', tags: [], digests: [], sizeBytes: 1, ...(user && { user }) });
const security = (own: SecurityContext, shared: PodSecurityContext = {}, user?: string) =>
  containerSecurity(testPod({ securityContext: shared }), { name: 'main', securityContext: own }, image(user));

describe('the security of a container', () => {
  it('is its own over the pod’s', () => {
    const shared = { runAsUser: 1, runAsGroup: 2, fsGroup: 3, supplementalGroups: [4] };
    expect(security({ runAsUser: 9 }, shared)).toMatchObject({
      runAsUser: 9,
      runAsGroup: 2,
      supplementalGroups: [3, 4],
      privileged: false,
      noNewPrivileges: false,
    });
    expect(security({ allowPrivilegeEscalation: false })).toMatchObject({ noNewPrivileges: true });
  });

  const where = '(pod: "web_default(u1)", container: main)';
  it.each<[string, SecurityContext, string | undefined, string | undefined]>([
    ['an image of a numbered user', {}, '1000:1000', undefined],
    ['a user of the pod’s choice', { runAsUser: 1 }, undefined, undefined],
    ['an image of root', {}, undefined, `container has runAsNonRoot and image will run as root ${where}`],
    ['root by choice', { runAsUser: 0 }, '1', `container's runAsUser breaks non-root policy ${where}`],
    [
      'an image of a named user',
      {},
      'web',
      `container has runAsNonRoot and image has non-numeric user (web), cannot verify user is non-root ${where}`,
    ],
  ])('with runAsNonRoot, of %s', (_name, own, user, message) => {
    const make = () => security(own, { runAsNonRoot: true }, user);
    if (message) expect(make).toThrow(message);
    else expect(make).not.toThrow();
  });

  it('can’t load a profile of its own', () => {
    const seccompProfile = { type: 'Localhost', localhostProfile: 'a.json' };
    expect(() => security({ seccompProfile })).toThrow('cannot load seccomp profile "/var/lib/kubelet/seccomp/a.json"');
    expect(security({ seccompProfile: { type: 'Unconfined' } }).seccompProfile).toBe('unconfined');
  });
});
