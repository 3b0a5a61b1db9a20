import type { Transport } from '../../../runtime/client/transport';

const form = (kind: string): string => `application/json;as=${kind};v=v1;g=meta.k8s.io,application/json`;
const list = form('PartialObjectMetadataList');
const watch = form('PartialObjectMetadata');

/** Asks for the metadata of objects alone: contents of Secrets never come, and little of anything does. */
export function metadataTransport(transport: Transport): Transport {
  return {
    request: (request) => transport.request({ ...request, accept: list }),
    stream: (request) => transport.stream({ ...request, accept: watch }),
    bytes: (request) => transport.bytes(request),
    close: () => {},
  };
}
