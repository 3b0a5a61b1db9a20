import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { Duplex } from 'node:stream';

/** Long enough that one side's silence never ends a connection whose other side is closed (socat's default is 0.5 s). */
const halfCloseSeconds = '86400';
/** How long a connection whose both halves have ended may take to be gone. */
const exitTimeoutMs = 10_000;

/**
 * A connection to a port in the network namespace of a process, made from inside: what listens on the pod's loopback is
 * reached as well, as kubectl port-forward promises. IPv4 first, as most programs listen there. Rejects in containerd's
 * words.
 */
export async function dialInPod(pid: number, port: number): Promise<Duplex> {
  try {
    return await dial(pid, `TCP4:127.0.0.1:${port}`);
  } catch (errorV4) {
    try {
      return await dial(pid, `TCP6:[::1]:${port}`);
    } catch (errorV6) {
      const namespace = JSON.stringify(`/proc/${pid}/ns/net`);
      const causes = `IPv4: dial tcp4 127.0.0.1:${port}: ${(errorV4 as Error).message} ` +
        `IPv6 dial tcp6 [::1]:${port}: ${(errorV6 as Error).message}`;
      throw new Error(
        `failed to execute portforward in network namespace ${namespace}: ` +
          `failed to connect to localhost:${port} inside namespace ${namespace}, ${causes}`,
      );
    }
  }
}

/** Rejects with what socat said: `connect: connection refused`. */
function dial(pid: number, address: string): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    // `-d -d` announces the connection on standard error; without `shut-down` the far side's end would not reach us.
    const args = ['-t', String(pid), '-n', 'socat', '-d', '-d', '-t', halfCloseSeconds, 'STDIO,shut-down', address];
    const child = spawn('nsenter', args, { stdio: 'pipe' });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4096);
      if (said.includes('starting data transfer loop')) resolve(new SocatStream(child));
    });
    child.on('error', reject);
    child.stdin.on('error', () => {});
    child.once('close', () => reject(new Error(reasonOf(said))));
  });
}

/** `... E connect(5, AF=2 127.0.0.1:81, 16): Connection refused`. */
function reasonOf(said: string): string {
  const reason = / E connect\(.*\): (.*)/.exec(said)?.[1];
  return reason ? `connect: ${reason.toLowerCase()}` : (said.trim() || 'the connection could not be made');
}

/** What socat carries. It ends by itself once both halves have ended; a stream destroyed before takes it along. */
class SocatStream extends Duplex {
  constructor(private readonly child: ChildProcessWithoutNullStreams) {
    super({ allowHalfOpen: true });
    child.stdout.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) child.stdout.pause();
    });
    child.stdout.once('end', () => this.push(null));
    // Who reads a connection learns of its loss by its end; an error that nobody listens to would end this process.
    this.on('error', () => {});
  }

  override _read(): void {
    this.child.stdout.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.child.stdin.write(chunk, () => done());
  }

  override _final(done: () => void): void {
    this.child.stdin.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const { child } = this;
    if (this.readableEnded && this.writableFinished) {
      const timer = setTimeout(() => child.kill(), exitTimeoutMs);
      child.once('close', () => clearTimeout(timer));
    } else child.kill();
    done(error);
  }
}
