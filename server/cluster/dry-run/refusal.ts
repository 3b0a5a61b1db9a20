import type { StatusError } from '../../../runtime/api/status';
import { View } from '../../../runtime/api/table/view';
import { parsePath } from '../../../runtime/api/yaml';
import { containersOf } from '../causes/cause';
import { podOf, type WrittenObject } from '../written-object';

export type RefusedBy = 'immutable' | 'quota' | 'admission' | 'validation' | 'conflict' | 'namespace';

/** Why the server would refuse a write, and the field that it is about. */
export interface Refusal {
  readonly by: RefusedBy;
  readonly code: string;
  readonly message: string;
  readonly path: readonly string[];
}

/** The server's refusal of an object, a reason each. */
export function refusalsOf(error: StatusError, object: WrittenObject): Refusal[] {
  const causes = (error.status.details?.causes ?? []).filter(({ field }) => field);
  if (causes.length === 0) return [wholeRefusal(error, object)];
  return causes.map(({ field = '', message = '', reason = error.reason }) => ({
    by: /immutable|may not change|forbidden: updates to/.test(message) ? 'immutable' : kindOf(error),
    code: reason,
    message,
    path: parsePath(field),
  }));
}

/** An admission plugin's or webhook's word is one sentence without a field. */
function wholeRefusal(error: StatusError, object: WrittenObject): Refusal {
  const by = kindOf(error);
  const path = by === 'namespace' ? ['metadata', 'namespace'] : refusedPath(error.message, object);
  return { by, code: error.reason, message: error.message, path };
}

function kindOf(error: StatusError): RefusedBy {
  if (error.reason === 'NotFound' && error.status.details?.kind === 'namespaces') return 'namespace';
  if (error.reason === 'Conflict') return 'conflict';
  if (/exceeded quota/.test(error.message)) return 'quota';
  return error.reason === 'Invalid' || error.reason === 'BadRequest' ? 'validation' : 'admission';
}

/** The field that admission's words are about: of a quota, what is asked for; of pod security, the security context. */
export function refusedPath(message: string, object: WrittenObject): readonly string[] {
  const named = ['metadata', 'name'];
  if (/violates PodSecurity/.test(message)) return securityPath(message, object) ?? named;
  const field = /: \.([\w.[\]=",:-]+): field not declared/.exec(message)?.[1];
  if (field) return parsePath(field.replaceAll(/\[[^\]]*=[^\]]*\]/g, ''));
  const found = podOf(object);
  if (/serviceaccount/i.test(message) && found?.pod.has('spec', 'serviceAccountName')) {
    return [...found.path, 'spec', 'serviceAccountName'];
  }
  return amountPath(message, object) ?? named;
}

/** `requested: requests.cpu=2, used: …`, or a limit range's `maximum cpu usage per Container is 1`. */
function amountPath(message: string, object: WrittenObject): readonly string[] | undefined {
  const container = containersOf(object)[0];
  const asked =
    /exceeded quota: .*?requested: (.*?), used:/.exec(message)?.[1] ?? /m(?:ax|in)imum .*/.exec(message)?.[0];
  if (asked === undefined)
    return /failed quota|must specify/.test(message) && container ? [...container.path, 'name'] : undefined;
  const resource = /(?:(requests|limits)\.)?\b(cpu|memory|[\w-]*storage)\b/.exec(asked);
  if (resource && container) {
    const [, field = 'requests', name = ''] = resource;
    const paths = [['resources', field, name], ['resources', 'limits', name], ['resources']];
    const path = paths.find((steps) => container.view.has(...steps));
    if (path) return [...container.path, ...path];
  }
  return View.of(object.value).has('spec', 'replicas') ? ['spec', 'replicas'] : undefined;
}

/** What is named: `hostNetwork=true`, `volume "logs"`, `container "web" must not set securityContext.privileged`. */
function securityPath(message: string, object: WrittenObject): readonly string[] | undefined {
  const found = podOf(object);
  if (!found) return undefined;
  const spec = [...found.path, 'spec'];
  const host = /\b(hostNetwork|hostPID|hostIPC)=true/.exec(message)?.[1];
  if (host && found.pod.has('spec', host)) return [...spec, host];
  const volume = found.pod.list('spec', 'volumes').findIndex((one) => message.includes(`volume "${one.text('name')}"`));
  if (volume >= 0) return [...spec, 'volumes', String(volume), 'name'];
  const container = containersOf(object).find(({ name }) => message.includes(`container "${name}"`));
  const field = /securityContext\.([\w.]+)/.exec(message)?.[1]?.split('.') ?? [];
  const written = [['securityContext', ...field], ['securityContext'], ['name']];
  const path = container && written.find((steps) => container.view.has(...steps));
  if (container && path) return [...container.path, ...path];
  return [...spec, found.pod.has('spec', 'securityContext') ? 'securityContext' : 'containers'];
}
