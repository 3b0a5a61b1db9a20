import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseManifests } from '../../runtime/api/yaml';

const program = resolve('dist/podium/lib/podium.js');
let folder: string;

beforeAll(() => {
  if (!existsSync(program)) execFileSync(process.execPath, ['scripts/build.mjs']);
  folder = mkdtempSync(join(tmpdir(), 'podium-lint-'));
  cpSync(join(import.meta.dirname, 'command/shop'), join(folder, 'shop'), { recursive: true });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function lint(args: readonly string[], input = ''): { status: number | null; stdout: string; stderr: string } {
  const { NO_COLOR: _, ...env } = process.env;
  return spawnSync(process.execPath, [program, 'lint', ...args], { cwd: folder, input, encoding: 'utf8', env });
}

describe('podium lint', () => {
  it('tells what the API server, references and rules find, with places', () => {
    const { status, stdout, stderr } = lint(['shop']);
    expect(stderr).toBe('');
    expect(stdout).toBe(
      [
        'shop/web.yaml',
        '  15:23  warning  serviceAccount is deprecated: use serviceAccountName  service-account-field-deprecated',
        '  19:28  error  Unsupported value: "always": supported values: "Always", "IfNotPresent", "Never"  FieldValueNotSupported',
        '  30:10  warning  selector matches no pod template; nearest is Deployment "web": app is "web", not "wbe"  selector-matches-nothing',
        '',
        '1 error, 2 warnings in 2 files',
        '',
      ].join('\n'),
    );
    expect(status).toBe(1);
  });

  it('takes the rules that flags name, and fails for warnings only if it is to', () => {
    const lenient = lint(['shop/account.json', '--enable', 'metadata', '--rule', 'annotation-missing=off']);
    expect(lenient.stdout).toContain('label owner is missing');
    expect(lenient.stdout).not.toContain('annotation');
    expect(lenient.status).toBe(0);
    expect(lint(['shop/account.json', '--enable', 'metadata', '--strict']).status).toBe(1);
    expect(lint(['shop/account.json', '--strict']).status).toBe(0);
  });

  it('reads the standard input', () => {
    const { stdout, status } = lint(
      ['-'],
      'apiVersion: v1\nkind: Pod\nmetadata:\n  name: A\nspec:\n  containers: []\n',
    );
    expect(stdout).toContain('<stdin>\n');
    expect(stdout).toMatch(/ {2}4:9 {2}error .*must consist of lower case/);
    expect(status).toBe(1);
  });

  it('answers in JSON, for machines', () => {
    const told = JSON.parse(lint(['shop', '-o', 'json']).stdout) as { code: string; fixes?: { title: string }[] }[];
    expect(told.map(({ code }) => code)).toEqual([
      'service-account-field-deprecated',
      'FieldValueNotSupported',
      'selector-matches-nothing',
    ]);
    expect(told[0]).toMatchObject({
      file: 'shop/web.yaml',
      line: 15,
      column: 23,
      endLine: 15,
      endColumn: 27,
      severity: 'warning',
      source: 'podium lint',
      fixes: [{ title: 'Rename it to serviceAccountName' }],
    });
  });

  it('answers in SARIF, whose rules explain themselves', () => {
    const { version, runs } = JSON.parse(lint(['shop', '-o', 'sarif']).stdout) as {
      version: string;
      runs: {
        tool: { driver: { rules: { id: string; help?: { text: string } }[] } };
        results: { ruleId: string; ruleIndex: number; level: string }[];
      }[];
    };
    expect(version).toBe('2.1.0');
    const [run] = runs;
    expect(run?.results).toHaveLength(3);
    for (const { ruleId, ruleIndex } of run?.results ?? []) expect(run?.tool.driver.rules[ruleIndex]?.id).toBe(ruleId);
    expect(run?.tool.driver.rules.find(({ id }) => id === 'service-account-field-deprecated')?.help?.text).toContain(
      'deprecated',
    );
  });

  it('annotates workflows of GitHub', () => {
    const [first] = lint(['shop', '-o', 'github']).stdout.split('\n');
    expect(first).toBe(
      '::warning file=shop/web.yaml,line=15,endLine=15,col=23,endColumn=27,title=service-account-field-deprecated::' +
        'serviceAccount is deprecated: use serviceAccountName',
    );
  });

  it('follows the podium.yaml around a file, and tells what is wrong with it', () => {
    const config = join(folder, 'podium.yaml');
    writeFileSync(config, 'lint:\n  enable: none\n  rules:\n    host-pid: error\n    image-tag-latest: error\n');
    const { stdout, status } = lint(['shop/account.json']);
    rmSync(config);
    expect(stdout).toContain(
      'podium.yaml\n  5:5  error  there is no rule "image-tag-latest": is "image-tag-moving" meant?',
    );
    expect(status).toBe(1);
  });

  it('knows custom resources by their definitions, beside them or where a flag says', () => {
    const definition = [
      'apiVersion: apiextensions.k8s.io/v1', 'kind: CustomResourceDefinition', 'metadata:', '  name: widgets.example.com', 'spec:',
      '  group: example.com', '  scope: Namespaced', '  names: {plural: widgets, kind: Widget}', '  versions:',
      '    - name: v1', '      served: true', '      storage: true', '      schema:', '        openAPIV3Schema:', '          type: object',
      '          properties:', '            spec: {type: object, properties: {size: {type: integer, maximum: 3}}}', '',
    ].join('\n');
    const widget = 'apiVersion: example.com/v1\nkind: Widget\nmetadata:\n  name: a\nspec:\n  size: 4\n';
    writeFileSync(join(folder, 'crd.yaml'), definition);
    const flagged = lint(['-', '--crds', 'crd.yaml'], widget);
    rmSync(join(folder, 'crd.yaml'));
    const beside = lint(['-'], `${definition}---\n${widget}`);
    for (const { status, stdout } of [flagged, beside]) {
      expect(stdout).toMatch(/error .*should be less than or equal to 3/);
      expect(status).toBe(1);
    }
  });

  it('tells of what a Kubernetes version does not have', () => {
    const budget = 'apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata:\n  name: a\nspec:\n  maxUnavailable: 1\n';
    expect(lint(['-', '--kubernetes-version', '1.31'], budget)).toMatchObject({ status: 1 });
    expect(lint(['-', '--kubernetes-version', '1.23'], budget)).toMatchObject({ status: 0 });
  });

  it('makes the fixes that are plain', () => {
    const path = join(folder, 'fix.yaml');
    writeFileSync(path, readFileSync(join(import.meta.dirname, 'lint/seccomp-profile-missing/failing.yaml')));
    const { status, stderr } = lint(['fix.yaml', '--fix', '--enable', 'security']);
    expect(stderr).toBe('fixed fix.yaml\n');
    expect(status).toBe(0);
    const [document] = parseManifests(readFileSync(path, 'utf8'));
    expect(document?.errors).toEqual([]);
    expect(document?.duplicates).toEqual([]);
    expect(document?.value).toMatchObject({
      spec: {
        template: {
          spec: {
            automountServiceAccountToken: false,
            securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
            containers: [
              {
                securityContext: {
                  allowPrivilegeEscalation: false,
                  capabilities: { drop: ['ALL'] },
                  readOnlyRootFilesystem: true,
                  runAsGroup: 10_000,
                  runAsNonRoot: true,
                  runAsUser: 10_000,
                },
              },
            ],
          },
        },
      },
    });
    expect(readFileSync(path, 'utf8')).toContain('- name: app # the shop');
  });

  it.each([
    [['nowhere'], 'error: nowhere: no such file or folder\n'],
    [['shop', '--enable', 'everything'], 'error: there is no preset "everything"\n'],
    [['shop', '--rule', 'host-pid=fatal'], 'error: host-pid: no such value\n'],
  ])('refuses %j with code 2', (args, message) => {
    const { status, stderr, stdout } = lint(args);
    expect([status, stderr, stdout]).toEqual([2, message, '']);
  });

  it('refuses what it does not know, and what is no text', () => {
    expect(lint(['shop', '-o', 'xml'])).toMatchObject({ status: 2, stdout: '' });
    writeFileSync(join(folder, 'binary.yaml'), Buffer.from([0, 1, 2]));
    const { status, stderr } = lint(['binary.yaml']);
    rmSync(join(folder, 'binary.yaml'));
    expect([status, stderr]).toEqual([2, 'error: binary.yaml: binary, or too large for a manifest\n']);
  });
});
