import { spawn } from 'node:child_process';
import { Duplex } from 'node:stream';

/** Long enough that one side's silence never ends a connection whose other side is closed (socat's default is 0.5 s). */
const halfCloseSeconds = '86400';

/**
 * A connection to a port in the network namespace of a process, made from inside: what listens on the pod's loopback is
 * reached as well, as kubectl port-forward promises. Rejects with what socat said.
 */
export function dialInPod(pid: number, port: number): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    // IPv4 first, as most programs listen there; `-d -d` announces the connection on standard error.
    const child = spawn('nsenter', ['-t', String(pid), '-n', 'socat', '-d', '-d', '-t', halfCloseSeconds, '-', `TCP4:127.0.0.1:${port}`], { stdio: 'pipe' });
    let said = '';
    const stream = Duplex.from({ readable: child.stdout, writable: child.stdin });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4096);
      if (said.includes('successfully connected') || said.includes('starting data transfer loop')) resolve(stream);
    });
    child.on('error', reject);
    child.on('exit', () => {
      const reason = / E (.*)/.exec(said)?.[1] ?? said.trim();
      reject(new Error(reason || 'the connection could not be made'));
    });
    stream.on('close', () => child.kill());
    child.stdin.on('error', () => {});
  });
}
