import type { LabelMap, Selector } from '../../runtime/api/labels';
import type { SourceObject } from '../workspace/workspace';
import type { Steps } from './field-tree';
import type { KindId } from './kind-id';
import type { LocalName, SelectorRule } from './rule';

interface ReferenceBase {
  readonly from: ObjectLinks;
  /** Of the scalar that names the target, or of the selector. */
  readonly at: Steps;
}

/** An object by its name. */
export interface ObjectReference extends ReferenceBase {
  readonly type: 'object';
  readonly kinds: readonly KindId[];
  readonly name: string;
  /** As it is written; undefined where none is, so that whoever applies the file decides. */
  readonly namespace: string | undefined;
  /** Whether the kubelet does without the target. */
  readonly optional: boolean;
}

/** A key of a ConfigMap or Secret. */
export interface KeyReference extends ReferenceBase {
  readonly type: 'key';
  readonly object: ObjectReference;
  readonly key: string;
}

/** One `key: value` that a selector asks for, and where. */
export interface SelectorPair {
  readonly key: string;
  readonly value: string;
  readonly at: Steps;
}

/** Pods or objects by their labels. */
export interface SelectorReference extends ReferenceBase {
  readonly type: 'selector';
  readonly selects: SelectorRule['selects'];
  readonly peer: boolean;
  readonly selector: Selector;
  readonly pairs: readonly SelectorPair[];
  /** As it is written; undefined where none is. */
  readonly namespace: string | undefined;
}

/** A port of a Service, or of the containers of selected pods, by name or number. */
export interface PortReference extends ReferenceBase {
  readonly type: 'port';
  readonly port: string | number;
  readonly through: ObjectReference | SelectorReference;
}

/** A port of the container that the field stands in, by name or number. */
export interface ContainerPortReference extends ReferenceBase {
  readonly type: 'containerPort';
  readonly port: string | number;
  readonly container: Steps;
}

/** Something of the same pod. */
export interface LocalReference extends ReferenceBase {
  readonly type: 'local';
  readonly to: LocalName;
  readonly name: string;
  readonly pod: PodTemplate;
}

export type Reference =
  | ObjectReference
  | KeyReference
  | SelectorReference
  | PortReference
  | ContainerPortReference
  | LocalReference;

/** A pod, or what pods are made after. */
export interface PodTemplate {
  readonly owner: ObjectLinks;
  /** Where it stands in its object: empty for a Pod. */
  readonly at: Steps;
  readonly labels: LabelMap;
}

/** An object with everything that it refers to. */
export interface ObjectLinks {
  /** The same object where its document has moved. */
  object: SourceObject;
  readonly id: KindId;
  readonly name: string;
  /** As it is written; undefined where none is. Empty for cluster-scoped kinds. */
  readonly namespace: string | undefined;
  readonly labels: LabelMap;
  readonly pod: PodTemplate | undefined;
  readonly references: readonly Reference[];
  /** Names that it holds otherwise: of a custom resource all texts, of containers their arguments. */
  readonly mentions: ReadonlySet<string>;
}

/** What a reference leads to. */
export interface Target {
  readonly object: ObjectLinks;
  readonly at: Steps;
}
