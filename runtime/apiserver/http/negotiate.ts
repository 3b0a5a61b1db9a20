import { statusError } from '../../api/status';
import type { StatusError } from '../../api/status';

/** What a client asked a response to be, off its Accept header. */
export interface Representation {
  readonly mediaType: 'application/json' | 'application/yaml';
  /** The object itself, a table of it, its metadata alone, or a form of discovery document. */
  readonly as: '' | 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList' | 'APIGroupDiscoveryList';
  /** Version of `as`: `v1`. */
  readonly version: string;
  readonly group: string;
}

export const plainJson: Representation = { mediaType: 'application/json', as: '', version: '', group: '' };

interface Clause {
  type: string;
  quality: number;
  parameters: Map<string, string>;
}

const known = new Map<string, readonly Representation[]>();

/**
 * The representations that the client accepts and the server has, best first; which of them fits depends on what is
 * answered. Empty: none (406). Headers repeat, so the answers are remembered.
 */
export function negotiate(accept: string | undefined): readonly Representation[] {
  if (accept === undefined || accept === '' || accept === 'application/json' || accept === '*/*') return plain;
  let result = known.get(accept);
  if (!result) {
    result = parseAccept(accept).map(representation).filter((r) => r !== undefined);
    if (known.size > 500) known.clear();
    known.set(accept, result);
  }
  return result;
}

const plain: readonly Representation[] = [plainJson];

/** In upstream's words; protobuf is upstream's third, and not served here. */
export function notAcceptable(): StatusError {
  return statusError('NotAcceptable', 'only the following media types are accepted: application/json, application/yaml');
}

function parseAccept(accept: string): Clause[] {
  const clauses = accept.split(',').map((text) => {
    const [type = '', ...rest] = text.split(';').map((part) => part.trim());
    const parameters = new Map<string, string>();
    for (const parameter of rest) {
      const equals = parameter.indexOf('=');
      if (equals > 0) parameters.set(parameter.slice(0, equals), parameter.slice(equals + 1));
    }
    return { type, quality: Number(parameters.get('q') ?? '1'), parameters };
  });
  return clauses.filter((clause) => clause.quality > 0).sort((a, b) => b.quality - a.quality);
}

const forms = new Set(['Table', 'PartialObjectMetadata', 'PartialObjectMetadataList', 'APIGroupDiscoveryList']);

function representation({ type, parameters }: Clause): Representation | undefined {
  const mediaType =
    type === 'application/json' || type === '*/*' || type === 'application/*'
      ? 'application/json'
      : type === 'application/yaml'
        ? 'application/yaml'
        : undefined;
  if (!mediaType) return undefined;
  const as = parameters.get('as') ?? '';
  if (as === '') return mediaType === 'application/json' ? plainJson : { ...plainJson, mediaType };
  if (!forms.has(as)) return undefined;
  const version = parameters.get('v') ?? '';
  const group = parameters.get('g') ?? '';
  const meta = group === 'meta.k8s.io' && (version === 'v1' || version === 'v1beta1');
  const discovery = group === 'apidiscovery.k8s.io' && (version === 'v2' || version === 'v2beta1');
  if (as === 'APIGroupDiscoveryList' ? !discovery : !meta) return undefined;
  return { mediaType, as: as as Representation['as'], version, group };
}
