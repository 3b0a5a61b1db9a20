import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { unpacked, withArchives } from './archives';
import { loadChart } from './chart';
import { renderChart } from './render';

/** An archive as tar writes it, of names and contents. */
function packed(files: Record<string, string>): Uint8Array {
  const blocks = Object.entries(files).flatMap(([name, text]) => {
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write(text.length.toString(8).padStart(11, '0'), 124);
    header.write('0', 156);
    return [header, Buffer.from(text.padEnd(Math.ceil(text.length / 512) * 512, '\0'))];
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

const sub = packed({
  'sub/Chart.yaml': 'apiVersion: v2\nname: sub\nversion: 1.0.0\n',
  'sub/templates/a.yaml': 'kind: A\n',
  '../outside': 'no',
});

const disk: Record<string, Uint8Array> = {
  '/c/Chart.yaml': Buffer.from('apiVersion: v2\nname: c\nversion: 1.0.0\n'),
  '/c/charts/sub-1.0.0.tgz': sub,
  '/c/charts/broken-1.0.0.tgz': Buffer.from('no archive'),
};

const files = {
  read: (path: string) => disk[path],
  kind: (path: string) => (disk[path] ? ('file' as const) : undefined),
  realPath: (path: string) => path,
  list: (folder: string) => (folder === '/c/charts' ? ['broken-1.0.0.tgz', 'sub-1.0.0.tgz'] : []),
};

it('a packed subchart is a subchart; what is no archive is told', () => {
  const { charts, packed: left } = loadChart(files, '/c');
  expect(charts.map(({ name, templates }) => [name, templates.map((each) => each.name)])).toEqual([
    ['sub', ['templates/a.yaml']],
  ]);
  expect(left).toEqual(['broken-1.0.0.tgz']);
});

it('an archive is a folder, and nothing leads out of it', () => {
  expect([...unpacked(sub).keys()]).toEqual(['sub/Chart.yaml', 'sub/templates/a.yaml']);
  const { list, kind, read } = { ...bound(withArchives(files)) };
  expect(list('/c/charts/sub-1.0.0.tgz/sub')).toEqual(['Chart.yaml', 'templates']);
  expect(kind('/c/charts/sub-1.0.0.tgz/sub/templates')).toBe('folder');
  expect(read('/c/charts/sub-1.0.0.tgz/../../etc')).toBeUndefined();
});

const bound = (all: ReturnType<typeof withArchives>) => ({
  list: all.list.bind(all),
  kind: all.kind.bind(all),
  read: all.read.bind(all),
});

it('beginnings of archives and other bytes are no reason to fail', () => {
  for (let length = 0; length < sub.length; length += 7) expect(() => unpacked(sub.subarray(0, length))).not.toThrow();
});

it('an alias is what a subchart is called, to its templates too', () => {
  const chart: Record<string, Uint8Array> = {
    '/a/Chart.yaml': Buffer.from('name: a\nversion: 1.0.0\ndependencies: [{name: sub, alias: two}]\n'),
    '/a/charts/sub-1.0.0.tgz': packed({
      'sub/Chart.yaml': 'name: sub\nversion: 1.0.0\n',
      'sub/templates/a.yaml': 'called: {{ .Chart.Name }}\n',
    }),
  };
  const isFolder = (path: string): boolean => Object.keys(chart).some((name) => name.startsWith(`${path}/`));
  const given = {
    read: (path: string) => chart[path],
    kind: (path: string) => (chart[path] ? ('file' as const) : isFolder(path) ? ('folder' as const) : undefined),
    realPath: (path: string) => path,
    list: (folder: string) => (folder === '/a/charts' ? ['sub-1.0.0.tgz'] : []),
  };
  const release = { name: 'r', namespace: 'default' };
  const options = { files: given, release, now: () => new Date(0), random: () => 0 };
  const [file] = renderChart(loadChart(given, '/a'), options);
  expect(file?.chunks.map(({ text }) => text).join('')).toBe('called: two\n');
});
