import { describe, expect, it } from 'vitest';
import { dockerfileRules } from './dockerfile-rules';
import { dockerignore } from './dockerignore';
import { PendingChanges } from './pending-changes';
import { changeReader } from './rules';
import { devSettings } from './settings';

describe('what a change does', () => {
  const read = changeReader([
    { path: 'src/**', do: 'sync', to: '/app/src' },
    { path: 'package.json', do: 'run', to: '/app/package.json', command: 'npm ci' },
    { path: 'conf', do: 'restart', to: '/etc/app' },
    { path: '**/*.lock', do: 'rebuild' },
  ]);

  it('is said by the first rule that matches, with the place in the container', () => {
    expect(read('src/a/b.js')).toEqual({ do: 'sync', path: 'src/a/b.js', to: '/app/src/a/b.js' });
    expect(read('src/x.lock')).toMatchObject({ do: 'sync' });
    expect(read('package.json')).toEqual({ do: 'run', path: 'package.json', to: '/app/package.json', command: 'npm ci' });
    expect(read('conf/deep/app.ini')).toEqual({ do: 'restart', path: 'conf/deep/app.ini', to: '/etc/app/deep/app.ini' });
    expect(read('deep/x.lock')).toEqual({ do: 'rebuild', path: 'deep/x.lock' });
    expect(read('README.md')).toBeUndefined();
  });

  it('keeps dot files, and names with the characters of globs', () => {
    const all = changeReader([{ path: '.', do: 'sync', to: '/app' }]);
    expect(all('.env')).toMatchObject({ to: '/app/.env' });
    expect(all('pages/[id].js')).toMatchObject({ to: '/app/pages/[id].js' });
  });
});

describe('the rules of a Dockerfile', () => {
  const folders = new Set(['.', 'src', 'public']);
  const changes = (text: string, ...paths: string[]): unknown[] => paths.map(changeReader(dockerfileRules(text, (path) => folders.has(path))));

  it('sync what the last stage copies, after its last RUN', () => {
    const text = 'FROM node AS made\nCOPY lib lib\nFROM node\nWORKDIR /app\nCOPY package*.json ./\nRUN npm ci \\\n  --omit=dev\n' +
      'COPY --chown=1:1 src ./src\nCOPY ["a b.txt", "c.txt", "/data/"]\nCOPY --from=made /x /y\ncopy public/ .\n';
    expect(changes(text, 'src/a.js', 'c.txt', 'a b.txt', 'public/i.html', 'package.json', 'lib/x.js', 'Dockerfile')).toEqual([
      { do: 'sync', path: 'src/a.js', to: '/app/src/a.js' },
      { do: 'sync', path: 'c.txt', to: '/data/c.txt' },
      { do: 'sync', path: 'a b.txt', to: '/data/a b.txt' },
      { do: 'sync', path: 'public/i.html', to: '/app/i.html' },
      { do: 'rebuild', path: 'package.json' },
      { do: 'rebuild', path: 'lib/x.js' },
      { do: 'rebuild', path: 'Dockerfile' },
    ]);
  });

  it('rebuild where only the base image or a build argument knows the place', () => {
    expect(changes('FROM node\nCOPY src app\n', 'src/a.js')).toEqual([{ do: 'rebuild', path: 'src/a.js' }]);
    expect(changes('FROM node\nWORKDIR $HOME\nCOPY src app\n', 'src/a.js')).toEqual([{ do: 'rebuild', path: 'src/a.js' }]);
  });

  it('tell a new name from a folder', () => {
    expect(changes('FROM node\nWORKDIR /app\nCOPY . .\n', 'x/y.js')).toEqual([{ do: 'sync', path: 'x/y.js', to: '/app/x/y.js' }]);
    expect(changes('FROM node\nCOPY a.conf /etc/b.conf\n', 'a.conf')).toEqual([{ do: 'sync', path: 'a.conf', to: '/etc/b.conf' }]);
    expect(changes('FROM node\nCOPY a.conf /etc/\n', 'a.conf')).toEqual([{ do: 'sync', path: 'a.conf', to: '/etc/a.conf' }]);
  });
});

describe('.dockerignore', () => {
  it('is anchored, holds below folders, and its last match decides', () => {
    const ignored = dockerignore('# notes\n*.md\n/build/\n**/*.log\n!keep.md\ndocs\n!docs/api.txt\n');
    const paths = ['a.md', 'deep/a.md', 'build/x/y', 'x/build/y', 'a/b.log', 'keep.md', 'docs/x', 'docs/api.txt', '.env'];
    expect(paths.filter(ignored)).toEqual(['a.md', 'build/x/y', 'a/b.log', 'docs/x']);
  });
});

describe('changes since the image was built', () => {
  it('are lacked by a new container as a whole, and by an old one from where it is', () => {
    const changes = new PendingChanges();
    changes.add({ do: 'sync', path: 'a', to: '/a' });
    changes.followed('one', changes.version);
    changes.add({ do: 'sync', path: 'b', to: '/b' });
    changes.add({ do: 'sync', path: 'b', to: '/b' });
    expect(changes.lackedBy('one').map(({ path }) => path)).toEqual(['b']);
    expect(changes.lackedBy('two').map(({ path }) => path)).toEqual(['a', 'b']);
    changes.built(changes.version - 1);
    expect(changes.lackedBy('two').map(({ path }) => path)).toEqual(['b']);
  });
});

describe('dev of podium.yaml', () => {
  it('refuses what it does not know, and a rule without its place', () => {
    const rule = (value: object): boolean => devSettings.safeParse({ target: 'deploy/web', rules: [value] }).success;
    expect(rule({ path: 'src/**', do: 'sync', to: '/app' })).toBe(true);
    expect(rule({ path: 'src/**', do: 'sync' })).toBe(false);
    expect(rule({ path: 'src/**', do: 'sync', to: 'app' })).toBe(false);
    expect(rule({ path: 'src/**', do: 'run', to: '/app' })).toBe(false);
    expect(rule({ path: 'src/**', do: 'rebuild', to: '/app' })).toBe(false);
  });
});
