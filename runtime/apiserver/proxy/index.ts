import type { IncomingMessage } from 'node:http';
import type { Node, Pod, Service } from '../../api/kinds';
import type { ConnectHandler, ConnectRequest, ConnectTarget } from '../http/connect';
import type { ApiLister } from '../request';
import type { Backends } from './backend';
import { inCluster, kubeletOf, type Destination } from './destination';
import { forwardStreams, proxyRequest } from './forward';
import { serveLog } from './log';
import { containerOf, nodeOf, portForwardPath, streamPath } from './pod-target';
import { nodeTarget, podTarget } from './proxy-target';
import { serviceTarget } from './service-target';

export type { Backends, KubeletAddress } from './backend';

/**
 * Hands requests on: logs, exec, attach and port-forward to the kubelet of the pod's node, proxy requests to the pod, Service
 * or node. Streams pass untouched: whatever protocol client and kubelet agree on, this server doesn't speak it.
 */
export function createConnectHandler(backends: Backends, lister: ApiLister): ConnectHandler {
  return (request, httpRequest, target) => {
    switch (request.kind) {
      case 'log':
        return serveLog(backends, request, httpRequest, target);
      case 'exec':
      case 'attach': {
        const pod = request.object as Pod;
        const path = streamPath(request.kind, pod, containerOf(pod, request.query.get('container')?.[0]), request.query);
        return forwardStreams(backends, nodeOf(pod), path, httpRequest, target);
      }
      case 'portforward': {
        const pod = request.object as Pod;
        return forwardStreams(backends, nodeOf(pod), portForwardPath(pod, request.query), httpRequest, target);
      }
      case 'proxy':
        return proxy(backends, lister, request, httpRequest, target);
    }
  };
}

function proxy(
  backends: Backends, lister: ApiLister, request: ConnectRequest, httpRequest: IncomingMessage, target: ConnectTarget,
): Promise<void> {
  return proxyRequest(destinationOf(backends, lister, request), request.rest, httpRequest, target);
}

/** Throws at once for a name that leads nowhere. */
function destinationOf(
  backends: Backends, lister: ApiLister, { info, object }: ConnectRequest,
): () => Destination | Promise<Destination> {
  if (info.resource === 'nodes') {
    const at = nodeTarget(object as Node, info.name);
    return at ? () => inCluster(backends, at) : () => kubeletOf(backends, object.metadata.name ?? '');
  }
  const at = info.resource === 'pods' ? podTarget(object as Pod, info.name) : serviceTarget(object as Service, info.name, lister);
  return () => inCluster(backends, at);
}
