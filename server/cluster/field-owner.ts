import { decodeManagers, type Manager } from '../../runtime/api/managed-fields/managers';
import { has } from '../../runtime/api/managed-fields/field-set';
import { elementType, fieldType, itemElement, shapeOf } from '../../runtime/api/managed-fields/typed';
import { getKey, isObject } from '../../runtime/api/patch/json';
import { rootType } from './drift';
import type { LiveObject } from './watches/watches';
import type { WrittenObject } from './written-object';

/** A field of the file as the cluster has it. */
export interface LiveField {
  /** Undefined if the cluster's object lacks it. */
  readonly value: unknown;
  /** As `metadata.managedFields` spells the field. */
  readonly elements: readonly string[];
}

/** Finds the field that the file has at `path`; undefined where the path leads out of what the file writes. */
export function liveField(
  { value, type }: WrittenObject,
  live: LiveObject,
  path: readonly (string | number)[],
): LiveField | undefined {
  let [written, current, node]: [unknown, unknown, ReturnType<typeof rootType>] = [value, live, rootType(type)];
  const elements: string[] = [];
  for (const step of path) {
    if (Array.isArray(written)) {
      const item: unknown = (written as unknown[])[Number(step)];
      if (item === undefined) return undefined;
      const items: unknown[] = Array.isArray(current) ? (current as unknown[]) : [];
      const element = shapeOf(node, written) === 'list' ? itemElement(node, item) : undefined;
      const listNode = node;
      current =
        element === undefined ? items[Number(step)] : items.find((other) => itemElement(listNode, other) === element);
      if (element !== undefined) elements.push(element);
      [written, node] = [item, elementType(node)];
    } else {
      const name = String(step);
      if (!isObject(written)) return undefined;
      [written, current] = [getKey(written, name), isObject(current) ? getKey(current, name) : undefined];
      node = fieldType(node, name);
      elements.push(`f:${name}`);
    }
  }
  return { value: current, elements };
}

/** Who set a field last: of those that own it or the nearest thing around it that is owned, the newest. */
export function ownerOf(live: LiveObject, elements: readonly string[]): Manager | undefined {
  const managers = [...(decodeManagers(live.metadata.managedFields, true)?.values() ?? [])];
  for (let length = elements.length; length > 0; length--) {
    const owners = managers.filter(({ set }) => has(set, elements.slice(0, length)));
    if (owners.length > 0) return owners.reduce((a, b) => ((b.time ?? '') > (a.time ?? '') ? b : a));
  }
  return undefined;
}

/** `kubectl`, or `kube-controller-manager (scale)` for a subresource. */
export function ownerName({ manager, subresource }: Manager): string {
  return subresource ? `${manager} (${subresource})` : manager;
}
