import type { Client } from '../resource-client';
import { logOf, startBeside } from './beside';
import { type ContainerPlace, DebugError } from './processes';

/** Where delve listens in the pod. */
export const delvePort = 2345;
const listenTimeoutMs = 20_000;
const pollMs = 150;

/**
 * A delve that serves one debugger and ends with it: it lets go of the program then. One that no debugger comes to ends by
 * itself, before it has touched the program.
 */
const serve = `dlv dap --check-go-version=false --listen="127.0.0.1:$1" & pid=$!
port=$(printf '%04X' "$1"); for i in $(seq 1 150); do
  kill -0 $pid 2>/dev/null || break
  if grep -qs ":$port [0-9A-F]*:[0-9A-F]* 01 " /proc/net/tcp; then wait $pid; exit 0; fi
  sleep 0.2
done
kill $pid 2>/dev/null; wait $pid; exit 0`;

/** Starts delve beside a Go program. Returns the port at which it speaks DAP. Throws DebugError. */
export async function openDelve(
  client: Client,
  place: ContainerPlace,
  toolsImage: (() => Promise<string | undefined>) | undefined,
): Promise<number> {
  const image = await toolsImage?.();
  if (image === undefined) {
    throw new DebugError(
      `Go in container "${place.container}" is debugged by delve, from a container beside it: name an image that has dlv in the setting podium.debug.image`,
    );
  }
  const beside = await startBeside(client, place, image, ['sh', '-c', serve, 'podium', String(delvePort)]);
  const end = Date.now() + listenTimeoutMs;
  for (;;) {
    const written = await logOf(client, beside);
    if (written.includes('listening at')) return delvePort;
    if (/couldn't|could not|error/i.test(written) || Date.now() > end)
      throw new DebugError(`delve does not start: ${written.trim().split('\n').at(-1) ?? ''}`);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}
