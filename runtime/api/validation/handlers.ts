import type { Path } from '../finding';
import { finding } from '../finding';
import type { HTTPGetAction, Lifecycle, LifecycleHandler, Probe, SleepAction } from '../kinds';
import { httpHeaderNameProblems } from '../names';
import type { Findings } from './common';
import { invalidEach, nonNegative, portNumberOrName } from './common';

const SCHEMES = ['HTTP', 'HTTPS'];

function httpGet(out: Findings, path: Path, action: HTTPGetAction): void {
  if (!action.path) out.push(finding.required(path.child('path')));
  portNumberOrName(out, path.child('port'), action.port);
  if (!SCHEMES.includes(action.scheme ?? ''))
    out.push(finding.notSupported(path.child('scheme'), action.scheme ?? '', SCHEMES));
  for (const { name } of action.httpHeaders ?? []) {
    invalidEach(out, path.child('httpHeaders'), name, httpHeaderNameProblems(name));
  }
}

function sleep(out: Findings, path: Path, { seconds }: SleepAction, grace: number | undefined): void {
  if (grace === undefined || (seconds >= 0 && seconds <= grace)) return;
  const detail = `must be non-negative and less than terminationGracePeriodSeconds (${grace})`;
  out.push(finding.invalid(path, seconds, detail));
}

type Handler = Pick<Probe, 'exec' | 'httpGet' | 'tcpSocket' | 'grpc'> & Pick<LifecycleHandler, 'sleep'>;

const HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const;

function handler(out: Findings, path: Path, value: Handler, grace: number | undefined): void {
  const given = HANDLERS.filter((name) => value[name] !== undefined);
  if (given.length === 0) out.push(finding.required(path, 'must specify a handler type'));
  given.forEach((name, i) => {
    const at = path.child(name);
    if (i > 0) {
      out.push(finding.forbidden(at, 'may not specify more than 1 handler type'));
      return;
    }
    if (value.exec && !value.exec.command?.length) out.push(finding.required(at.child('command')));
    else if (value.exec) return;
    else if (value.httpGet) httpGet(out, at, value.httpGet);
    else if (value.tcpSocket) portNumberOrName(out, at.child('port'), value.tcpSocket.port);
    else if (value.grpc) portNumberOrName(out, at.child('port'), value.grpc.port);
    else if (value.sleep) sleep(out, at, value.sleep, grace);
  });
}

export function lifecycle(out: Findings, path: Path, hooks: Lifecycle, grace: number | undefined): void {
  if (hooks.postStart) handler(out, path.child('postStart'), hooks.postStart, grace);
  if (hooks.preStop) handler(out, path.child('preStop'), hooks.preStop, grace);
}

const COUNTS =
  ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'] as const;

export type ProbeName = 'livenessProbe' | 'readinessProbe' | 'startupProbe';

export function probe(out: Findings, path: Path, value: Probe, which: ProbeName, grace: number | undefined): void {
  handler(out, path, { exec: value.exec, httpGet: value.httpGet, tcpSocket: value.tcpSocket, grpc: value.grpc }, grace);
  for (const count of COUNTS) nonNegative(out, path.child(count), value[count]);
  const own = value.terminationGracePeriodSeconds;
  if (own !== undefined && own <= 0) {
    out.push(finding.invalid(path.child('terminationGracePeriodSeconds'), own, 'must be greater than 0'));
  }
  if (which === 'readinessProbe') {
    if (own !== undefined) {
      out.push(finding.invalid(
        path.child('terminationGracePeriodSeconds'),
        own,
        'must not be set for readinessProbes',
      ));
    }
  } else if ((value.successThreshold ?? 1) !== 1) {
    out.push(finding.invalid(path.child('successThreshold'), value.successThreshold, 'must be 1'));
  }
}
