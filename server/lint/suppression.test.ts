import { describe, expect, it } from 'vitest';
import { lintText } from '../../test/language/lint-harness';
import { applyEdits } from '../manifests/edits';
import { parseManifests } from '../../runtime/api/yaml';
import type { SourceFile } from '../documents/source-file';
import { suppressionFix } from './suppression';

const settings = { enable: [], rules: { 'host-network': true, 'host-pid': true, 'host-port': true } };
const codes = (text: string): string[] => lintText(text, settings).map(({ code }) => code);

const head = 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n';
const spec = (network = '', pid = '') =>
  `spec:\n  hostNetwork: true${network}\n  hostPID: true${pid}\n  containers:\n  - name: a\n    image: a:1\n`;

describe('a comment leaves findings alone', () => {
  it.each<[string, string, string[]]>([
    ['none without one', head + spec(), ['host-network', 'host-pid']],
    ['behind the line', head + spec(' # podium-ignore host-network the agent needs it'), ['host-pid']],
    ['above the line', head + spec('\n  # podium-ignore host-pid'), ['host-network']],
    [
      'above the line, over other comments',
      head + spec('\n  # podium-ignore host-pid\n  # of the node\n'),
      ['host-network'],
    ],
    ['all of a line', head + spec(' # podium-ignore'), ['host-pid']],
    ['several', `# podium-ignore-document host-network, host-pid, because\n${head}${spec()}`, []],
    [
      'of its document alone',
      `${head}# podium-ignore-document: host-pid\n${spec()}---\n${head}${spec()}`,
      ['host-network', 'host-network', 'host-pid'],
    ],
    [
      'of the file',
      `${head}${spec()}---\n${head}${spec(' # podium-ignore-file host-pid')}`,
      ['host-network', 'host-network'],
    ],
    [
      'of the document that follows',
      `${head}${spec()}\n---\n# podium-ignore-document\n${head}${spec()}`,
      ['host-network', 'host-pid'],
    ],
    [
      'not in a text',
      `${head.replace('name: a', 'name: a\n  annotations:\n    a: |\n      # podium-ignore-document')}${spec()}`,
      ['host-network', 'host-pid'],
    ],
  ])('%s', (_, text, expected) => {
    expect(codes(text)).toEqual(expected);
  });

  it('and a comment that leaves nothing alone is told, and can be taken away', () => {
    const text = head + spec('', ' # podium-ignore host-network');
    const idle = lintText(text, settings).find(({ code }) => code === 'unused-suppression');
    expect(idle).toMatchObject({ severity: 'hint', message: 'there is no host-network here to leave alone' });
    expect(applyEdits(text, idle?.fixes?.[0]?.edits ?? [])).toBe(head + spec());
    const above = head + spec('\n  # podium-ignore host-port never', '');
    const unused = lintText(above, settings).find(({ code }) => code === 'unused-suppression');
    expect(applyEdits(above, unused?.fixes?.[0]?.edits ?? [])).toBe(head + spec());
  });

  it('of a rule that is off is not told', () => {
    expect(codes(head + spec('', ' # podium-ignore image-not-pinned'))).toEqual(['host-network', 'host-pid']);
  });
});

describe('annotations leave findings alone', () => {
  it.each<[string, string[]]>([
    ['podium/ignore: host-pid', ['host-network']],
    ['podium/ignore: all', []],
    ['ignore-check.kube-linter.io/host-network: "needed"', ['host-pid']],
    ['kube-linter.io/ignore-all: "needed"', []],
    ['kube-score/ignore: host-pid, container-image-tag', ['host-network']],
    ['polaris.fairwinds.com/hostPIDSet-exempt: "true"', ['host-network']],
    ['polaris.fairwinds.com/hostPIDSet-exempt: "false"', ['host-network', 'host-pid']],
    ['polaris.fairwinds.com/exempt: "true"', []],
  ])('%s', (annotation, expected) => {
    expect(codes(`${head}  annotations:\n    ${annotation}\n${spec()}`)).toEqual(expected);
  });

  it('of an item of a list, that item alone', () => {
    const item = (name: string, annotations = {}) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, annotations },
      spec: { hostPID: true, containers: [{ name: 'a', image: 'a:1' }] },
    });
    const list = { apiVersion: 'v1', kind: 'List', items: [item('a', { 'podium/ignore': 'host-pid' }), item('b')] };
    expect(codes(JSON.stringify(list))).toEqual(['host-pid']);
  });
});

describe('the quick fix', () => {
  const file = (text: string): SourceFile => ({
    uri: 'file:///a.yaml',
    text,
    version: 1,
    kind: 'manifest',
    documents: parseManifests(text),
  });

  it('writes a comment above, and then into it', () => {
    let text = head + spec();
    for (const expected of [['host-pid'], []]) {
      const finding = lintText(text, settings).find(
        ({ code }) => code === (expected.length > 0 ? 'host-network' : 'host-pid'),
      );
      const fix = finding && suppressionFix(finding, file(text));
      text = applyEdits(text, fix?.edits ?? []);
      expect(codes(text)).toEqual(expected);
    }
    expect(text).toContain(
      '  # podium-ignore host-network\n  hostNetwork: true\n  # podium-ignore host-pid\n  hostPID',
    );
  });

  it('is not offered in JSON, which has no comments', () => {
    const text = JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'a' },
      spec: { hostPID: true, containers: [] },
    });
    const [finding] = lintText(text, settings);
    expect(finding && suppressionFix(finding, file(text))).toBeUndefined();
  });
});
