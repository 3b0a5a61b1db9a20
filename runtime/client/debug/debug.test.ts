import { describe, expect, it } from 'vitest';
import { inspectedCommand, inspectorPort } from './node-inspector';
import { type ContainerProcess, parseProcesses } from './processes';
import { debugpyCommand, debugpyPort } from './python';
import { debuggeeOf, programOf } from './runtimes';

const listen = ['-m', 'debugpy', '--listen', '127.0.0.1:5678'];
const running = (pid: number, ...command: string[]): ContainerProcess => ({
  pid,
  parent: 0,
  cwd: '/app',
  executable: '',
  kind: '',
  source: '',
  command,
});
const compiled = (pid: number, executable: string, kind: string): ContainerProcess => ({
  ...running(pid, executable),
  executable,
  kind,
});

describe('the process of a container that is debugged', () => {
  it.each<[string, ContainerProcess[], string]>([
    ['the only one', [running(1, 'node', 'server.js')], 'node 1'],
    [
      'below a package manager',
      [running(1, 'node', '/usr/local/lib/node_modules/npm/bin/npm-cli.js', 'start'), running(20, 'node', 'server.js')],
      'node 20',
    ],
    [
      'that is not process 1',
      [running(1, '/sbin/tini', '--', 'node', 'server.js'), running(7, '/usr/local/bin/node', 'server.js')],
      'node 7',
    ],
    ['of several the first', [running(9, 'node', 'worker.js'), running(4, 'node', 'main.js')], 'node 4'],
    ['with flags', [running(1, 'node', '--max-old-space-size=100', 'npm.js')], 'node 1'],
    ['below a shell', [running(1, 'sh', '-c', 'python3 app.py'), running(8, 'python3', 'app.py')], 'python 8'],
    ['that has another name than its file', [compiled(1, '/usr/bin/python3.11', '')], 'python 1'],
    [
      'not debugpy beside it',
      [running(9, 'python3', '/x/debugpy/adapter', '--port', '1'), running(12, 'python3', 'a.py')],
      'python 12',
    ],
    ['by what its file holds', [compiled(1, '/app/server', 'go')], 'go 1'],
    ['not what starts it', [compiled(1, '/usr/bin/dlv', 'go'), compiled(7, '/app/server', 'go')], 'go 7'],
    ['that hosts itself', [compiled(1, '/app/Shop.Web', 'dotnet')], 'dotnet 1'],
    ['whose file was replaced', [compiled(1, '/usr/bin/java (deleted)', '')], 'java 1'],
  ])('%s', (_, processes, expected) => {
    const { process, runtime } = debuggeeOf(processes, 'container "main"');
    expect(`${runtime} ${process.pid}`).toBe(expected);
  });

  it('is the one that is named', () => {
    const processes = [running(1, 'python3', 'master.py'), running(7, 'python3', 'worker.py')];
    expect(debuggeeOf(processes, 'container "main"', 7).process.pid).toBe(7);
    expect(() => debuggeeOf(processes, 'container "main"', 8)).toThrow(
      'container "main" has no process 8: it runs 1 python3 master.py; 7 python3 worker.py',
    );
  });

  it('is none', () => {
    expect(() => debuggeeOf([running(1, 'nginx')], 'container "main"')).toThrow(
      'no Node.js, Python, Go, Java or .NET runs in container "main": it runs 1 nginx',
    );
  });
});

describe('what the script in the container writes', () => {
  it('is read', () => {
    const output = [
      '1\t0\t/srv\t/usr/bin/python3.11\t\t\tpython3\u001Fapp.py\u001F',
      '7\t1\t/\t/app/x\tgo\t/src/main.go\tx\u001F',
      'nonsense',
    ];
    expect(parseProcesses(output.join('\n'))).toEqual([
      { ...running(1, 'python3', 'app.py'), cwd: '/srv', executable: '/usr/bin/python3.11' },
      { ...compiled(7, '/app/x', 'go'), parent: 1, cwd: '/', source: '/src/main.go', command: ['x'] },
    ]);
  });

  it.each([
    [['node', '--flag', 'server.js'], 'server.js'],
    [['python3', '-u', '/srv/app.py', 'x.py'], '/srv/app.py'],
    [['python3', '-m', 'http.server'], undefined],
    [['python3', '-m', 'debugpy', '--listen', '127.0.0.1:5678', '--wait-for-client', 'app.py', 'x'], 'app.py'],
    [['node', '-e', '1'], undefined],
  ])('%j is the program %s', (command, program) => {
    expect(programOf({ command })).toBe(program);
  });
});

describe('debuggers that listen already', () => {
  it.each([
    [running(1, 'python3', '-m', 'debugpy', '--listen', '127.0.0.1:5679', 'app.py'), 5679],
    [running(1, 'python3', '/x/debugpy', '--listen', '5680', 'app.py'), 5680],
    [running(9, 'python3', '/x/debugpy/adapter', '--for-server', '1', '--port', '5681'), 5681],
    [running(1, 'python3', 'app.py', '--listen', '80'), undefined],
  ])('%j', (process, port) => {
    expect(debugpyPort([process])).toBe(port);
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

describe('commands that start a program under its debugger', () => {
  it.each([
    [
      ['python3', 'app.py', '-x'],
      ['python3', ...listen, 'app.py', '-x'],
    ],
    [
      ['python3', '-u', '-X', 'dev', '-m', 'app'],
      ['python3', '-u', '-X', 'dev', ...listen, '-m', 'app'],
    ],
    [
      ['python3', '-c', 'pass'],
      ['python3', ...listen, '-c', 'pass'],
    ],
  ])('%j', (command, expected) => {
    expect(debugpyCommand({ command }, false)).toEqual(expected);
  });

  it('which waits', () => {
    expect(debugpyCommand({ command: ['python3', 'app.py'] }, true)).toEqual([
      'python3',
      ...listen,
      '--wait-for-client',
      'app.py',
    ]);
    expect(debugpyCommand({ command: ['python3', ...listen, 'app.py'] }, true)).toEqual([
      'python3',
      ...listen,
      '--wait-for-client',
      'app.py',
    ]);
    expect(inspectedCommand({ command: ['node', '--inspect', '--flag', 'a.js'] })).toEqual([
      'node',
      '--inspect-brk=127.0.0.1:9229',
      '--flag',
      'a.js',
    ]);
  });
});
