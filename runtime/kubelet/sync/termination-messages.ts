import { mkdir, open, writeFile, chmod } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Container, Pod } from '../../api/kinds';
import type { ContainerRuntime, ContainerStatus } from '../container-runtime';

/** Upstream's limits of a termination message, and of one that is taken from the log. */
const longestMessage = 4096;
const longestLogTail = 2048;
const logTailLines = 80;

/**
 * What containers leave to say about their end. Each instance has a file of its own, mounted at its
 * terminationMessagePath; what was read once is kept, as an ended container says no more.
 */
export class TerminationMessages {
  private readonly read = new Map<string, string>();

  constructor(
    private readonly runtime: ContainerRuntime,
    private readonly podFolder: (uid: string) => string | undefined,
  ) {}

  /** Makes the file; undefined where pods have no files. */
  async prepare(pod: Pod, container: Container, attempt: number): Promise<string | undefined> {
    const file = this.file(pod.metadata.uid ?? '', container.name, attempt);
    if (!file) return undefined;
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, '');
    await chmod(file, 0o666);
    return file;
  }

  /** The message of an ended container. */
  async message(pod: Pod, container: Container | undefined, status: ContainerStatus): Promise<string | undefined> {
    const known = this.read.get(status.id);
    if (known !== undefined) return known || undefined;
    const file = this.file(pod.metadata.uid ?? '', status.name, status.attempt);
    let message = file ? await tail(file, longestMessage) : '';
    const failed = status.exitCode !== 0;
    if (!message && failed && container?.terminationMessagePolicy === 'FallbackToLogsOnError')
      message = await this.logTail(status.id);
    this.read.set(status.id, message);
    return message || undefined;
  }

  forget(containerIds: Iterable<string>): void {
    for (const id of containerIds) this.read.delete(id);
  }

  private file(uid: string, container: string, attempt: number): string | undefined {
    const folder = this.podFolder(uid);
    return folder && join(folder, 'containers', container, String(attempt));
  }

  private async logTail(id: string): Promise<string> {
    const lines: Buffer[] = [];
    const signal = AbortSignal.timeout(5000);
    try {
      for await (const { content } of this.runtime.logs(id, { follow: false, tailLines: logTailLines, signal }))
        lines.push(content);
    } catch {
      return '';
    }
    return Buffer.concat(lines).subarray(-longestLogTail).toString();
  }
}

async function tail(file: string, bytes: number): Promise<string> {
  const handle = await open(file).catch(() => undefined);
  if (!handle) return '';
  try {
    const { size } = await handle.stat();
    const buffer = Buffer.alloc(Math.min(size, bytes));
    await handle.read(buffer, 0, buffer.length, Math.max(0, size - bytes));
    return buffer.toString();
  } finally {
    await handle.close();
  }
}
