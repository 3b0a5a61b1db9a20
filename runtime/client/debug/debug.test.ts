import { describe, expect, it } from 'vitest';
import { inspectorPort, nodeProcess } from './node-inspector';

const process = (pid: number, ...command: string[]) => ({ pid, parent: 0, cwd: '/app', command });

describe('the Node.js process of a container', () => {
  it.each([
    ['the only one', [process(1, 'node', 'server.js')], 1],
    [
      'below a package manager',
      [process(1, 'node', '/usr/local/lib/node_modules/npm/bin/npm-cli.js', 'start'), process(20, 'node', 'server.js')],
      20,
    ],
    [
      'that is not process 1',
      [process(1, '/sbin/tini', '--', 'node', 'server.js'), process(7, '/usr/local/bin/node', 'server.js')],
      7,
    ],
    ['of several the first', [process(9, 'node', 'worker.js'), process(4, 'node', 'main.js')], 4],
    ['with flags', [process(1, 'node', '--max-old-space-size=100', 'npm.js')], 1],
    ['none', [process(1, 'python3', 'app.py')], undefined],
  ])('%s', (_, processes, pid) => {
    expect(nodeProcess(processes)?.pid).toBe(pid);
  });

  it.each([
    [['node', '--inspect', 'a.js'], 9229],
    [['node', '--inspect=9300', 'a.js'], 9300],
    [['node', '--inspect-brk=0.0.0.0:9301', 'a.js'], 9301],
    [['node', '--inspect-wait=[::1]:9302', 'a.js'], 9302],
    [['node', 'a.js', '--inspected'], undefined],
  ])('%j listens at %s', (command, port) => {
    expect(inspectorPort({ command })).toBe(port);
  });
});
