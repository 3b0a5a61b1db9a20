import type { IncomingMessage } from 'node:http';
import type { Pod, Service } from '../../api/kinds';
import { errors, statusError, type StatusError } from '../../api/status';
import type { ConnectHandler, ConnectRequest, ConnectTarget } from '../http/connect';
import type { Query } from '../http/query';
import type { ApiLister } from '../request';
import type { Backends } from './backend';
import { forwardToCluster, forwardToKubelet } from './forward';
import { containerOf, logPath, nodeOf, portForwardPath, streamPath } from './pod-target';
import { podTarget, serviceTarget } from './service-target';

export type { Backends, KubeletAddress } from './backend';

/**
 * Hands requests on: logs, exec, attach and port-forward to the kubelet of the pod's node, proxy requests to the pod, Service
 * or node. Streams pass untouched: whatever protocol client and kubelet agree on, this server doesn't speak it.
 */
export function createConnectHandler(backends: Backends, lister: ApiLister): ConnectHandler {
  return (request, httpRequest, target) => {
    switch (request.kind) {
      case 'log':
        return log(backends, request, httpRequest, target);
      case 'exec':
      case 'attach': {
        const pod = request.object as Pod;
        const path = streamPath(request.kind, pod, containerOf(pod, request.query.get('container')?.[0]), request.query);
        return forwardToKubelet(backends, nodeOf(pod), path, httpRequest, target);
      }
      case 'portforward': {
        const pod = request.object as Pod;
        return forwardToKubelet(backends, nodeOf(pod), portForwardPath(pod, request.query), httpRequest, target);
      }
      case 'proxy':
        return proxy(backends, lister, request, httpRequest, target);
    }
  };
}

async function log(backends: Backends, { object, query }: ConnectRequest, httpRequest: IncomingMessage, target: ConnectTarget): Promise<void> {
  const pod = object as Pod;
  const path = logPath(pod, containerOf(pod, query.get('container')?.[0]), query);
  // A pod that no node has yet has written nothing.
  if (!pod.spec?.nodeName && 'response' in target) return void target.response.writeHead(200, { 'content-type': 'text/plain' }).end();
  return forwardToKubelet(backends, nodeOf(pod), path, httpRequest, target, logFailure);
}

/** The kubelet's plain words as a Status (GenericHttpResponseChecker). */
function logFailure(code: number, text: string): StatusError {
  if (code === 400) return errors.badRequest(text);
  return code === 404 ? statusError('NotFound', text) : errors.internal(text);
}

async function proxy(
  backends: Backends, lister: ApiLister, { info, object, query, rest }: ConnectRequest, httpRequest: IncomingMessage, target: ConnectTarget,
): Promise<void> {
  const path = `${rest || '/'}${queryText(query)}`;
  if (info.resource === 'nodes') return forwardToKubelet(backends, object.metadata.name ?? '', path, httpRequest, target);
  const at = info.resource === 'pods' ? podTarget(object as Pod, info.name) : serviceTarget(object as Service, info.name, lister);
  return forwardToCluster(backends, at, path, httpRequest, target);
}

function queryText(query: Query): string {
  const passed = new URLSearchParams([...query].flatMap(([name, values]) => values.map((value): [string, string] => [name, value])));
  const text = passed.toString();
  return text ? `?${text}` : '';
}
