import type { Container, LifecycleHandler } from '../../api/kinds';
import type { Clock } from '../../clock';
import type { ContainerRuntime } from '../container-runtime';
import { httpProbe } from '../probes/http-probe';
import { resolvePort } from '../probes/prober';

/** A lifecycle hook didn't succeed. */
export class HookError extends Error {
  override readonly name = 'HookError';
}

const hookUserAgent = 'kube-lifecycle/1.36';
/** Upstream's HTTP hooks wait this long for an answer. */
const httpTimeoutMs = 30_000;
const longestSeconds = 24 * 3600;

/** Runs a postStart or preStop handler to its end. Throws HookError. */
export async function runHook(
  handler: LifecycleHandler,
  subject: { container: Container; containerId: string; podIP: string },
  runtime: ContainerRuntime,
  clock: Clock,
): Promise<void> {
  const { container, containerId, podIP } = subject;
  if (handler.exec) {
    const command = handler.exec.command ?? [];
    const { exitCode, output } = await runtime.execSync(containerId, command, longestSeconds);
    if (exitCode !== 0)
      throw new HookError(
        `Exec lifecycle hook ([${command.join(' ')}]) for Container ${JSON.stringify(container.name)} failed - ` +
          `error: command '${command.join(' ')}' exited with ${exitCode}: ${output}, message: ${JSON.stringify(output)}`,
      );
  } else if (handler.httpGet) {
    const { scheme = 'HTTP', host, port, path = '/', httpHeaders = [] } = handler.httpGet;
    const target = {
      scheme,
      host: host || podIP,
      port: resolvePort(port, container),
      path,
      headers: httpHeaders,
      timeoutMs: httpTimeoutMs,
      userAgent: hookUserAgent,
    };
    const { result, output } = await httpProbe(target);
    // Any answer will do: only a connection that fails is a failure.
    if (result === 'failure' && !output.startsWith('HTTP probe failed')) throw new HookError(output);
  } else if (handler.sleep) {
    await new Promise<void>((resolve) => clock.after((handler.sleep?.seconds ?? 0) * 1000, resolve));
  }
}
