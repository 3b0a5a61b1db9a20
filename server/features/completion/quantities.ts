import { CompletionItemKind } from 'vscode-languageserver/node';
import type { FieldInfo } from '../../../runtime/api/kind-info';
import type { CompletionCursor, FieldPath } from '../../manifests/cursor';
import type { Suggestion } from '../../providers';

const cpu = ['50m', '100m', '250m', '500m', '1', '2'];
const memory = ['64Mi', '128Mi', '256Mi', '512Mi', '1Gi', '2Gi'];
const storage = ['1Gi', '5Gi', '10Gi', '50Gi', '100Gi'];

const units: Record<string, string> = {
  m: 'thousandths',
  Ki: '1024 bytes',
  Mi: '1024² bytes',
  Gi: '1024³ bytes',
  Ti: '1024⁴ bytes',
  k: '1000',
  M: '1000²',
  G: '1000³',
};

/** Keys of the maps from a resource's name to a quantity, which no schema has. */
const resourceNames: Record<string, readonly string[]> = {
  limits: ['cpu', 'memory', 'ephemeral-storage', 'hugepages-2Mi'],
  requests: ['cpu', 'memory', 'ephemeral-storage'],
  hard: [
    'requests.cpu',
    'requests.memory',
    'limits.cpu',
    'limits.memory',
    'requests.storage',
    'persistentvolumeclaims',
    'pods',
    'services',
    'services.loadbalancers',
    'services.nodeports',
    'configmaps',
    'secrets',
    'count/deployments.apps',
    'count/jobs.batch',
  ],
  default: ['cpu', 'memory', 'ephemeral-storage'],
  defaultRequest: ['cpu', 'memory', 'ephemeral-storage'],
  max: ['cpu', 'memory', 'ephemeral-storage', 'storage'],
  min: ['cpu', 'memory', 'ephemeral-storage', 'storage'],
  capacity: ['storage'],
  overhead: ['cpu', 'memory'],
};

/** `cpu`, `memory`, … below `limits`, `requests` and their like. */
export function resourceKeys(cursor: CompletionCursor, kind: unknown): Suggestion[] {
  const map = String(cursor.path.at(-2) ?? '');
  const inClaim = kind === 'PersistentVolumeClaim' || cursor.path.includes('volumeClaimTemplates');
  const names = inClaim && (map === 'requests' || map === 'limits') ? ['storage'] : (resourceNames[map] ?? []);
  return names
    .filter((name) => !cursor.siblings.includes(name))
    .map((name) => ({
      label: name,
      detail: 'Quantity',
      kind: CompletionItemKind.Field,
      insert: cursor.hasColon ? name : `${name}: `,
    }));
}

export const isQuantity = ({ schema }: FieldInfo): boolean => schema.format === 'quantity';

/** Usual amounts of a resource or, behind a number, its units. */
export function quantityValues(path: FieldPath, word: string): Suggestion[] {
  const name = String(path.at(-1) ?? '');
  const [number] = /^\d+(\.\d+)?/.exec(word) ?? [];
  if (number !== undefined) {
    const fitting = /cpu$/.test(name) ? ['m'] : Object.keys(units).filter((unit) => unit !== 'm');
    return ['', ...fitting].map((unit, i) => amount(number + unit, units[unit] ?? '', i));
  }
  const usual = /cpu$/.test(name) ? cpu : /storage|sizeLimit$/.test(name) ? storage : memory;
  return usual.map((text, i) => amount(text, '', i));
}

function amount(text: string, detail: string, order: number): Suggestion {
  const sortText = String(order).padStart(2, '0');
  return { label: text, insert: text, kind: CompletionItemKind.Unit, sortText, ...(detail && { detail }) };
}
