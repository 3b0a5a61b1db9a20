import { describe, expect, it } from 'vitest';
import type { ReferenceIndex } from './reference-index';
import { targetsOf } from './resolve';
import { indexOf, setFile, uriOf } from './test-workspace';

const workload = (kind: string, name: string, app: string, spec = '') => `apiVersion: apps/v1
kind: ${kind}
metadata: {name: ${name}}
spec:
  selector: {matchLabels: {app: ${app}}}
  template:
    metadata: {labels: {app: ${app}}}
    spec:
      containers: [{name: main, image: a, ports: [{name: http, containerPort: 80}]}]
${spec}`;
const service = (name: string, app: string) =>
  `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}}\nspec: {selector: {app: ${app}}, ports: [{port: 80, targetPort: http}]}\n`;
const config = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {key: value}\n`;

/** Each reference of a file and what it leads to: `spec.selector → web.yaml Deployment web`. */
function links(index: ReferenceIndex, name: string): string[] {
  return index.inFile(uriOf(name)).flatMap(({ references }) =>
    references.map((reference) => {
      const targets = targetsOf(index, reference).map(({ object, at }) =>
        `${object.object.uri.slice(uriOf('').length)} ${object.id} ${object.name} ${at.join('.')}`);
      return `${reference.at.join('.')} → ${targets.join(', ') || 'nothing'}`;
    }),
  );
}

describe('references', () => {
  it('of a Service: its pods, and the ports of their containers', () => {
    const index = indexOf({ 'web.yaml': workload('Deployment', 'web', 'web'), 'service.yaml': service('web', 'web') });
    expect(links(index, 'service.yaml')).toEqual([
      'spec.selector → web.yaml Deployment web spec.template.metadata.labels',
      'spec.ports.0.targetPort → web.yaml Deployment web spec.template.spec.containers.0.ports.0.name',
    ]);
  });

  it('of variants beside each other lead to their own', () => {
    const files = Object.fromEntries(
      ['dev', 'prod'].flatMap((folder) => [
        [`${folder}/web.yaml`, workload('Deployment', 'web', 'web')],
        [`${folder}/service.yaml`, service('web', 'web')],
      ]),
    );
    expect(links(indexOf(files), 'prod/service.yaml')[0]).toBe(
      'spec.selector → prod/web.yaml Deployment web spec.template.metadata.labels',
    );
  });

  it('of a pod, wherever its template is', () => {
    const volumes = '      volumes: [{name: a, configMap: {name: settings, items: [{key: key, path: p}]}}]\n';
    const cronJob = `apiVersion: batch/v1
kind: CronJob
metadata: {name: job}
spec:
  jobTemplate:
    spec:
      template:
        spec:
          containers: [{name: a, volumeMounts: [{name: v}], envFrom: [{configMapRef: {name: settings}}]}]
          volumes: [{name: v}]
`;
    const index = indexOf({
      'web.yaml': workload('StatefulSet', 'web', 'web', volumes),
      'job.yaml': cronJob,
      'config.yaml': config('settings'),
    });
    expect(links(index, 'web.yaml')).toContain(
      'spec.template.spec.volumes.0.configMap.items.0.key → config.yaml ConfigMap settings data.key',
    );
    expect(links(index, 'job.yaml')).toEqual([
      'spec.jobTemplate.spec.template.spec.containers.0.envFrom.0.configMapRef.name → config.yaml ConfigMap settings metadata.name',
      'spec.jobTemplate.spec.template.spec.containers.0.volumeMounts.0.name → job.yaml CronJob job spec.jobTemplate.spec.template.spec.volumes.0.name',
    ]);
  });

  it('keep to namespaces where both are written', () => {
    const inNamespace = (name: string) => config('settings').replace('{name: settings}', `{name: settings, namespace: ${name}}`);
    const pod = `apiVersion: v1
kind: Pod
metadata: {name: a, namespace: one}
spec: {containers: [{name: a, envFrom: [{configMapRef: {name: settings}}]}]}
`;
    const index = indexOf({ 'pod.yaml': pod, 'a.yaml': inNamespace('two') });
    expect(links(index, 'pod.yaml')[1]).toMatch(/→ nothing$/);
    setFile(index, 'b.yaml', inNamespace('one'));
    setFile(index, 'c.yaml', config('settings'));
    expect(links(index, 'pod.yaml')[1]).toMatch(/→ b\.yaml ConfigMap settings metadata\.name$/);
  });

  it('follow an edit, and the end of a file', () => {
    const index = indexOf({ 'web.yaml': workload('Deployment', 'web', 'web'), 'service.yaml': service('web', 'web') });
    setFile(index, 'web.yaml', workload('Deployment', 'web', 'other'));
    expect(links(index, 'service.yaml')[0]).toBe('spec.selector → nothing');
    setFile(index, 'service.yaml', service('web', 'other'));
    expect(links(index, 'service.yaml')[0]).toMatch(/→ web\.yaml/);
    setFile(index, 'web.yaml', '');
    expect(links(index, 'service.yaml')[0]).toBe('spec.selector → nothing');
  });

  it.each([
    'apiVersion: v1\nkind: Service\nspec: {selector: [1], ports: {a: 1}}\n',
    'apiVersion: apps/v1\nkind: Deployment\nmetadata: 5\nspec: {selector: {matchExpressions: 7}, template: []}\n',
    'apiVersion: apps/v1\nkind: Deployment\nspec: {selector: {matchExpressions: [null, {key: 1, operator: In}]}}\n',
    'apiVersion: v1\nkind: Pod\nspec: {containers: [null, 5, {env: {}, ports: 3}], volumes: [7]}\n',
    'apiVersion: networking.k8s.io/v1\nkind: Ingress\nspec: {rules: [{http: {paths: [{backend: {service: 1}}]}}]}\n',
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: [a]}\ndata: [1]\n',
  ])('of odd objects are read without an exception: %j', (text) => {
    const index = indexOf({ 'odd.yaml': text, 'config.yaml': config('settings') });
    expect(() => links(index, 'odd.yaml')).not.toThrow();
  });
});
