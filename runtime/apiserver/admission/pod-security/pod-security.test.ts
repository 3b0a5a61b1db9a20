import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../../api/kinds';
import { admit, attributesFor, FakeLister, namespace, outcome, pod } from '../testing/admission';
import { podSecurity } from '.';

const labelled = (labels: Record<string, string>) =>
  namespace('shop', 'Active', Object.fromEntries(Object.entries(labels).map(([key, value]) => [`pod-security.kubernetes.io/${key}`, value])));
const container = (fields: object, name = 'app') => ({ name, image: 'x', ...fields });
const secured = (securityContext: object) => pod({ containers: [container({ securityContext })] });
const good = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } };
const safe = (spec: object = {}) => pod({ containers: [container({ securityContext: good })], ...spec });

describe('PodSecurity', () => {
  const enforced = (level: string, version?: string) => podSecurity(new FakeLister(labelled({ enforce: level, ...(version && { 'enforce-version': version }) })));

  it('lets anything run where no label says otherwise', async () => {
    const plugin = podSecurity(new FakeLister(labelled({})));
    expect(await outcome(plugin, attributesFor(pod({ hostNetwork: true })))).toBe('admitted');
  });

  it.each([
    ['nothing of a plain pod', pod(), undefined],
    ['host namespaces', pod({ hostNetwork: true, hostPID: true }), 'host namespaces (hostNetwork=true, hostPID=true)'],
    ['host paths', pod({ volumes: [{ name: 'a', hostPath: { path: '/' } }, { name: 'b', hostPath: { path: '/' } }] }), 'hostPath volumes (volumes "a", "b")'],
    ['host ports', pod({ containers: [container({ ports: [{ containerPort: 80, hostPort: 80 }, { containerPort: 443, hostPort: 443 }] })] }),
      'hostPorts (container "app" uses hostPorts 443, 80)'],
    ['privileged containers', secured({ privileged: true }), 'privileged (container "app" must not set securityContext.privileged=true)'],
    ['capabilities', secured({ capabilities: { add: ['SYS_ADMIN', 'CHOWN', 'NET_ADMIN'] } }),
      'non-default capabilities (container "app" must not include "NET_ADMIN", "SYS_ADMIN" in securityContext.capabilities.add)'],
    ['an unconfined seccomp profile', pod({ securityContext: { seccompProfile: { type: 'Unconfined' } } }),
      'seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")'],
    ['AppArmor', pod({ securityContext: { appArmorProfile: { type: 'Unconfined' } } }, { annotations: { 'container.apparmor.security.beta.kubernetes.io/app': 'unconfined' } }),
      'forbidden AppArmor profiles (pod and annotation must not set AppArmor profile type to "Unconfined", "container.apparmor.security.beta.kubernetes.io/app=\\"unconfined\\"")'],
    ['SELinux', pod({ securityContext: { seLinuxOptions: { type: 'spc_t', role: 'r' } } }), 'seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "spc_t"; role may not be set)'],
    ['sysctls', pod({ securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '1' }, { name: 'net.ipv4.tcp_syncookies', value: '1' }] } }), 'forbidden sysctls (kernel.msgmax)'],
    ['proc mounts', secured({ procMount: 'Unmasked' }), 'procMount (container "app" must not set securityContext.procMount to "Unmasked")'],
    ['host processes', pod({ securityContext: { windowsOptions: { hostProcess: true } } }), 'hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)'],
    ['probes of other hosts', pod({ containers: [container({ livenessProbe: { httpGet: { host: '10.0.0.1', port: 80 } } })] }),
      'probe or lifecycle host (container "app" uses probe or lifecycle host "10.0.0.1")'],
    ['several, in order', pod({ hostIPC: true, containers: [container({ securityContext: { privileged: true } })] }),
      'host namespaces (hostIPC=true), privileged (container "app" must not set securityContext.privileged=true)'],
  ])('baseline forbids %s', async (_name, object, why) => {
    expect(await outcome(enforced('baseline'), attributesFor(object))).toBe(
      why === undefined ? 'admitted' : `403 pods "web" is forbidden: violates PodSecurity "baseline:latest": ${why}`);
  });

  it.each([
    ['nothing of a careful pod', safe(), undefined],
    ['a plain pod', pod(),
      'allowPrivilegeEscalation != false (container "app" must set securityContext.allowPrivilegeEscalation=false), ' +
      'unrestricted capabilities (container "app" must set securityContext.capabilities.drop=["ALL"]), ' +
      'runAsNonRoot != true (pod or container "app" must set securityContext.runAsNonRoot=true), ' +
      'seccompProfile (pod or container "app" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")'],
    ['other volumes', safe({ volumes: [{ name: 'v', nfs: { server: 's', path: '/' } }, { name: 'e', emptyDir: {} }] }),
      'restricted volume types (volume "v" uses restricted volume type "nfs")'],
    ['root by number', safe({ securityContext: { runAsUser: 0 } }), 'runAsUser=0 (pod must not set runAsUser=0)'],
    ['root by choice', safe({ securityContext: { runAsNonRoot: false } }), 'runAsNonRoot != true (pod must not set securityContext.runAsNonRoot=false)'],
    ['host paths once', safe({ volumes: [{ name: 'v', hostPath: { path: '/' } }] }), 'restricted volume types (volume "v" uses restricted volume type "hostPath")'],
    ['added capabilities', pod({ containers: [container({ securityContext: { ...good, capabilities: { drop: ['ALL'], add: ['CHOWN', 'NET_BIND_SERVICE'] } } })] }),
      'unrestricted capabilities (container "app" must not include "CHOWN" in securityContext.capabilities.add)'],
    ['what Linux alone has, on Windows', pod({ os: { name: 'windows' }, securityContext: { runAsNonRoot: true } }), undefined],
  ])('restricted forbids %s', async (_name, object, why) => {
    expect(await outcome(enforced('restricted'), attributesFor(object))).toBe(
      why === undefined ? 'admitted' : `403 pods "web" is forbidden: violates PodSecurity "restricted:latest": ${why}`);
  });

  it('judges by the version that the label names', async () => {
    const object = () => attributesFor(pod({ securityContext: { sysctls: [{ name: 'net.ipv4.tcp_rmem', value: '1' }] } }));
    expect(await outcome(enforced('baseline', 'v1.31'), object())).toContain('violates PodSecurity "baseline:v1.31": forbidden sysctls (net.ipv4.tcp_rmem)');
    expect(await outcome(enforced('baseline', 'v1.32'), object())).toBe('admitted');
  });

  it('an update is judged when it changes an image or adds a container', async () => {
    const plugin = enforced('baseline');
    const old = pod({ hostNetwork: true }) as unknown as KubeObject;
    const update = (object: object, subresource = '') => outcome(plugin, attributesFor(object, { operation: 'UPDATE', oldObject: old, subresource }));
    expect(await update(pod({ hostNetwork: true }, { labels: { a: 'b' } }))).toBe('admitted');
    expect(await update(pod({ hostNetwork: true, containers: [{ name: 'app', image: 'nginx:2' }] }))).toContain('host namespaces');
    expect(await update(pod({ hostNetwork: true, ephemeralContainers: [{ name: 'debug', image: 'x' }] }), 'ephemeralcontainers')).toContain('host namespaces');
    expect(await update(pod({ hostNetwork: true, containers: [{ name: 'app', image: 'nginx:2' }] }), 'status')).toBe('admitted');
  });

  it('warns about pods and about what will make them', async () => {
    const plugin = podSecurity(new FakeLister(labelled({ warn: 'baseline' })));
    const warning = 'would violate PodSecurity "baseline:latest": host namespaces (hostNetwork=true)';
    const template = { spec: pod({ hostNetwork: true }).spec };
    const objects = [
      pod({ hostNetwork: true }),
      { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'shop' }, spec: { template } },
      { apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name: 'web', namespace: 'shop' }, spec: { jobTemplate: { spec: { template } } } },
    ];
    for (const object of objects) {
      const attributes = attributesFor(object);
      await admit(plugin, attributes);
      expect(attributes.warnings).toEqual([warning]);
    }
  });

  describe('of a namespace', () => {
    const change = (labels: Record<string, string>, old: Record<string, string>) =>
      attributesFor(labelled(labels), { operation: 'UPDATE', oldObject: labelled(old) as unknown as KubeObject });

    it('refuses labels that make no sense', async () => {
      expect(await outcome(podSecurity(new FakeLister()), attributesFor(labelled({ enforce: 'strict', 'warn-version': '1.25' })))).toBe(
        '422 Namespace "shop" is invalid: [metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "strict": ' +
          'must be one of privileged, baseline, restricted, metadata.labels[pod-security.kubernetes.io/warn-version]: ' +
          'Invalid value: "1.25": must be "latest" or "v1.x"]');
    });

    it('lets labels stay that were wrong before', async () => {
      expect(await outcome(podSecurity(new FakeLister()), change({ enforce: 'strict' }, { enforce: 'strict' }))).toBe('admitted');
    });

    it('tells which pods a stricter level would refuse', async () => {
      const pods = ['c', 'a', 'b'].map((name) => pod({ hostNetwork: true }, { name }));
      const plugin = podSecurity(new FakeLister(...pods, pod({ hostPID: true, volumes: [{ name: 'v', hostPath: { path: '/' } }] }, { name: 'd' }), pod({}, { name: 'e' })));
      const attributes = change({ enforce: 'baseline' }, {});
      await admit(plugin, attributes);
      expect(attributes.warnings).toEqual([
        'existing pods in namespace "shop" violate the new PodSecurity enforce level "baseline:latest"',
        'a (and 2 other pods): host namespaces', 'd: host namespaces, hostPath volumes',
      ]);
      const relaxed = change({ enforce: 'baseline' }, { enforce: 'restricted' });
      await admit(plugin, relaxed);
      expect(relaxed.warnings).toEqual([]);
    });
  });
});
