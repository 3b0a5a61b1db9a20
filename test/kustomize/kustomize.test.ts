import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildKustomization, KustomizeError, printBuild } from '../../runtime/api/kustomize';
import { diskFiles } from '../../runtime/client/disk-files';

const folder = join(__dirname, 'cases');
const cases = readdirSync(folder);

/** The kustomize in the kubectl of the PATH: `[5, 5]`. */
function kustomizeVersion(): number[] {
  const { kustomizeVersion } = JSON.parse(
    execFileSync('kubectl', ['version', '--client', '-o', 'json'], { encoding: 'utf8' }),
  ) as { kustomizeVersion: string };
  return kustomizeVersion.replace('v', '').split('.').map(Number);
}

/** Before 5.5, patches had one document and policies of admission kept their names. */
const [major = 0, minor = 0] = kustomizeVersion();
const comparable = major === 5 && minor >= 5;
/** Cases of what kustomize does only since 5.8. */
const recent = ['tolerance'];
const comparableCases = minor >= 8 ? cases : cases.filter((name) => !recent.includes(name));

describe('builds', () => {
  it.each(cases)('%s, as kustomize 5 prints it', async (name) => {
    const text = printBuild(buildKustomization(diskFiles, join(folder, name)));
    await expect(text).toMatchFileSnapshot(join(folder, name, 'expected.yaml'));
  });

  it.runIf(comparable).each(comparableCases)('%s, as the kubectl that is installed prints it', (name) => {
    const build = buildKustomization(diskFiles, join(folder, name));
    const kubectl = spawnSync('kubectl', ['kustomize', join(folder, name)], { encoding: 'utf8' });
    expect(printBuild(build)).toBe(kubectl.stdout);
    const said = kubectl.stderr
      .trimEnd()
      .split('\n')
      .map((line) => line.replace(/^[IWE]\d{4}.*?\] /, ''));
    expect(build.warnings.join('\n')).toBe(said.join('\n'));
  });
});

describe('what a build says of where things come from', () => {
  const build = (name: string) => buildKustomization(diskFiles, join(folder, name));
  /** The text at the source of a field, and its file. */
  const written = (name: string, called: string, path: string) => {
    const metadata = (value: unknown) => value as { name: string };
    const object = build(name).objects.find(
      ({ value }) => `${value['kind']} ${metadata(value['metadata']).name}` === called,
    )!;
    const { file, start, end } = object.sourceOf(path.split('.'));
    return `${file.slice(join(folder, name).length + 1)}: ${readFileSync(file, 'utf8').slice(start, end)}`;
  };

  it.each([
    ['patches', 'Deployment web', 'spec.strategy.type', 'merge.yaml: Recreate'],
    ['patches', 'Deployment web', 'spec.selector.matchLabels.app', 'deployment.yaml: web'],
    ['patches', 'Service web', 'spec.type', 'operations.json: "NodePort"'],
    [
      'components',
      'ConfigMap debug-c-end-b5494mbbt6',
      'data.monitoring',
      'monitoring/kustomization.yaml: monitoring=on',
    ],
    ['names', 'Pod pre-a-user-suf', 'metadata.namespace', 'kustomization.yaml: prod'],
    ['names', 'Pod pre-a-user-suf', 'metadata.name', 'shared/x.yaml: user'],
    ['images', 'Custom custom', 'spec.deep.containers.0.image', 'kustomization.yaml: "1.27"'],
    ['images', 'StatefulSet none', 'spec.replicas', 'kustomization.yaml: 0'],
    ['replacements', 'ConfigMap p-src', 'data.host', 'all.yaml: a.example.com'],
    ['labels', 'Service s', 'metadata.labels.only', 'kustomization.yaml: metadata'],
    ['labels', 'Service s', 'metadata.annotations.note', 'kustomization.yaml: here'],
  ])('%s: %s %s', (name, kind, path, expected) => {
    expect(written(name, kind, path)).toBe(expected);
  });

  it('notes patches and images that are for nothing', () => {
    expect(build('images').notes.map(({ message }) => message)).toEqual(['no container has the image nowhere']);
  });
});

describe('what can not be built', () => {
  let root: string;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'podium-kustomize-'));
  });
  afterAll(() => rmSync(root, { recursive: true }));

  let count = 0;
  function problem(files: Record<string, string>): string {
    const at = join(root, String(count++), 'app');
    mkdirSync(at, { recursive: true });
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(at, name)), { recursive: true });
      if (text.startsWith('→')) symlinkSync(text.slice(1), join(at, name));
      else writeFileSync(join(at, name), text);
    }
    const kubectl = spawnSync('kubectl', ['kustomize', at], { encoding: 'utf8' });
    expect(kubectl.status, 'kubectl refuses it too').not.toBe(0);
    try {
      buildKustomization(diskFiles, at);
    } catch (error) {
      if (!(error instanceof KustomizeError)) throw error;
      const { source } = error;
      const range = source?.end ? readFileSync(source.file, 'utf8').slice(source.start, source.end) : '';
      return `${error.message.replaceAll(`${join(at, '..')}/`, '')}${range && ` «${range}»`}`;
    }
    return 'it was built';
  }

  const pod = 'apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n';
  it.each<[what: string, files: Record<string, string>, expected: string]>([
    [
      'no kustomization',
      { 'a.yaml': pod },
      "'app' has no kustomization file (kustomization.yaml, kustomization.yml, Kustomization)",
    ],
    [
      'two kustomizations',
      { 'kustomization.yaml': 'resources: []', 'kustomization.yml': 'resources: []' },
      "'app' has several kustomization files: kustomization.yaml, kustomization.yml",
    ],
    ['an empty one', { 'kustomization.yaml': '# nothing\n' }, 'app/kustomization.yaml: the kustomization is empty'],
    [
      'an unknown field',
      { 'kustomization.yaml': 'resource: [a]' },
      'app/kustomization.yaml: invalid Kustomization: unknown field "resource" «resource»',
    ],
    [
      'a wrong type',
      { 'kustomization.yaml': 'resources: a.yaml' },
      'app/kustomization.yaml: invalid Kustomization: resources must be of type array, not string «a.yaml»',
    ],
    [
      'a wrong version',
      { 'kustomization.yaml': 'apiVersion: v1\nkind: Kustomization\nresources: []' },
      'app/kustomization.yaml: apiVersion for Kustomization should be kustomize.config.k8s.io/v1beta1 «v1»',
    ],
    [
      'a file that is missing',
      { 'kustomization.yaml': 'resources:\n- a.yaml' },
      "app/kustomization.yaml: no such file or folder: 'a.yaml' «a.yaml»",
    ],
    [
      'a patch that is missing',
      { 'kustomization.yaml': 'patches: [{path: a.yaml}]' },
      "app/kustomization.yaml: no such file: 'a.yaml' «a.yaml»",
    ],
    [
      'broken YAML',
      { 'kustomization.yaml': 'resources: [a.yaml]', 'a.yaml': 'a: b: c' },
      'app/a.yaml:1: error converting YAML to JSON: yaml: mapping values are not allowed in this context «b»',
    ],
    [
      'no kind',
      { 'kustomization.yaml': 'resources: [a.yaml]', 'a.yaml': 'metadata: {name: x}' },
      'app/a.yaml: missing Kind: an object needs apiVersion, kind and metadata.name «metadata: {name: x}»',
    ],
    [
      'a file outside',
      { 'kustomization.yaml': 'resources: [../a.yaml]', '../a.yaml': pod },
      "app/kustomization.yaml: '../a.yaml' is outside of the folder; only kustomizations may be there «../a.yaml»",
    ],
    [
      'a link to outside',
      { 'kustomization.yaml': 'resources: [link.yaml]', '../a.yaml': pod, 'link.yaml': '→../a.yaml' },
      "app/kustomization.yaml: 'link.yaml' is outside of the folder; only kustomizations may be there «link.yaml»",
    ],
    [
      'a cycle',
      { 'kustomization.yaml': 'resources: [b]', 'b/kustomization.yaml': 'resources: [..]' },
      'app/b/kustomization.yaml: cycle detected: app → app/b → app «..»',
    ],
    [
      'the same twice',
      { 'kustomization.yaml': 'resources: [a.yaml, b.yaml]', 'a.yaml': pod, 'b.yaml': pod },
      `app/b.yaml: may not add resource with an already registered id: Pod.v1.[noGrp]/p.[noNs] «${pod}»`,
    ],
    [
      'a patch for nobody',
      { 'kustomization.yaml': 'patches: [{path: p.yaml}]', 'p.yaml': pod },
      `app/p.yaml: no resource matches this patch: Pod.v1.[noGrp]/p.[noNs] «${pod}»`,
    ],
    [
      'a JSON patch that fails',
      {
        'kustomization.yaml': 'resources: [a.yaml]\npatches: [{path: p.yaml, target: {kind: Pod}}]',
        'a.yaml': pod,
        'p.yaml': '- {op: remove, path: /spec}',
      },
      "app/p.yaml: Pod.v1.[noGrp]/p.[noNs]: error in remove for path: '/spec': " +
        'Unable to remove nonexistent key: spec: missing value «/spec»',
    ],
    [
      'a JSON patch without target',
      {
        'kustomization.yaml': 'resources: [a.yaml]\npatches: [{path: p.yaml}]',
        'a.yaml': pod,
        'p.yaml': '- {op: remove, path: /spec}',
      },
      'app/kustomization.yaml: a JSON patch must have a target «path»',
    ],
    [
      'charts',
      { 'kustomization.yaml': 'helmCharts: [{name: web}]' },
      'app/kustomization.yaml: helmCharts needs helm: render the chart and name the result under resources «helmCharts»',
    ],
    [
      'a literal without value',
      { 'kustomization.yaml': 'configMapGenerator: [{name: c, literals: [abc]}]' },
      'app/kustomization.yaml: invalid literal source abc, expected key=value «abc»',
    ],
    [
      'a key twice',
      { 'kustomization.yaml': 'configMapGenerator: [{name: c, literals: [a=1, a=2]}]' },
      'app/kustomization.yaml: configmap c illegally repeats the key `a` «a=2»',
    ],
    [
      'a merge with nothing',
      { 'kustomization.yaml': 'configMapGenerator: [{name: c, behavior: merge}]' },
      'app/kustomization.yaml: id ConfigMap.v1.[noGrp]/c.[noNs] does not exist; cannot merge or replace «name»',
    ],
    [
      'a component as resource',
      {
        'kustomization.yaml': 'resources: [c]',
        'c/kustomization.yaml': 'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n',
      },
      "app/kustomization.yaml: 'c' is a Component: it belongs under components «c»",
    ],
    [
      'replicas of nobody',
      { 'kustomization.yaml': 'replicas: [{name: web, count: 1}]' },
      'app/kustomization.yaml: no Deployment or ReplicationController or ReplicaSet or StatefulSet is named web «1»',
    ],
    [
      'a replacement from nowhere',
      { 'kustomization.yaml': 'replacements: [{source: {kind: Pod}, targets: [{select: {kind: Pod}}]}]' },
      'app/kustomization.yaml: no resource matches the source Pod «source»',
    ],
    [
      'a namespace that makes two one',
      {
        'kustomization.yaml': 'namespace: ns\nresources: [a.yaml]',
        'a.yaml': `${pod}---\napiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: other}\n`,
      },
      'app/kustomization.yaml: namespace transformation produces ID conflict: Pod.v1.[noGrp]/p.ns «ns»',
    ],
  ])('%s', (_, files, expected) => {
    expect(problem(files)).toBe(expected);
  });

  it('remote bases are not fetched', () => {
    const at = join(root, 'remote');
    mkdirSync(at);
    writeFileSync(join(at, 'kustomization.yaml'), 'resources: [github.com/example/repo//base?ref=v1]');
    expect(() => buildKustomization(diskFiles, at)).toThrow('is remote, and nothing is fetched');
  });

  it('no beginning of a kustomization makes it throw anything else', () => {
    const at = join(root, 'prefixes');
    mkdirSync(at);
    for (const name of ['patches', 'generators', 'replacements', 'vars']) {
      const text = readFileSync(join(folder, name, 'kustomization.yaml'), 'utf8');
      for (let length = 0; length < text.length; length += 5) {
        writeFileSync(join(at, 'kustomization.yaml'), text.slice(0, length));
        try {
          buildKustomization(diskFiles, at);
        } catch (error) {
          expect(error, text.slice(0, length)).toBeInstanceOf(KustomizeError);
        }
      }
    }
  });
});
