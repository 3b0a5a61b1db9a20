import type { KindId } from './kind-id';

/**
 * A place in an object: field names joined by dots; `[]` is any item of a list, `*` any key, `{a,b}` either, and
 * `[a.b/c]` a key that holds dots. Empty for the object itself.
 */
export type FieldPattern = string;

/** Where a reference may be found: kinds, `pod` for every pod and pod template, `*` for every kind. */
export type Referrer = KindId;

interface RuleBase {
  readonly from: readonly Referrer[];
  /** The mapping or scalar that refers. In a pod, from the pod's own root. */
  readonly at: FieldPattern;
}

/** A field names an object. */
export interface ObjectRule extends RuleBase {
  readonly type: 'object';
  /** Kinds that can be named; the first one where nothing says which. Empty: what the kind's field says, any. */
  readonly to: readonly KindId[];
  /** Field of the name, where `at` is a mapping. */
  readonly name?: FieldPattern;
  /** Fields that say which kind is meant, and its group (`apps`) or apiVersion (`apps/v1`). */
  readonly kind?: string;
  readonly group?: string;
  /** Field of the target's namespace; where it isn't written, the referrer's own. */
  readonly namespace?: string;
  /** Fields, from `at`, that name keys of the ConfigMap or Secret. */
  readonly keys?: readonly FieldPattern[];
  /** Fields, from `at`, that name or number ports of the Service. */
  readonly ports?: readonly FieldPattern[];
}

/** Labels select pods or objects. */
export interface SelectorRule extends RuleBase {
  readonly type: 'selector';
  readonly selects: 'pods' | readonly KindId[];
  /** A plain map of labels, or matchLabels and matchExpressions. */
  readonly form: 'map' | 'selector';
  /** What is selected may well be somewhere else: peers of a policy or an affinity. */
  readonly peer?: true;
  /** Fields, from the object's root, that name ports of what is selected. */
  readonly ports?: readonly FieldPattern[];
}

export type LocalName = 'volume' | 'container' | 'resourceClaim';

/** Something of the same pod is named. */
export interface LocalRule extends RuleBase {
  readonly type: 'local';
  readonly to: LocalName;
}

/** A port of the container that the field stands in. */
export interface ContainerPortRule extends RuleBase {
  readonly type: 'containerPort';
}

export type ReferenceRule = ObjectRule | SelectorRule | LocalRule | ContainerPortRule;

type Options<T> = Omit<T, 'type' | 'from' | 'at'>;

export const named = (
  from: readonly Referrer[],
  at: FieldPattern,
  to: readonly KindId[],
  options: Partial<Options<ObjectRule>> = {},
): ObjectRule => ({ type: 'object', from, at, to, ...options });

export const selects = (
  from: readonly Referrer[],
  at: FieldPattern,
  what: SelectorRule['selects'],
  options: Partial<Options<SelectorRule>> = {},
): SelectorRule => ({ type: 'selector', from, at, selects: what, form: 'selector', ...options });
