import type { CoreV1Event, EndpointSlice, KubeObject, Live } from '../../runtime/api/kinds';
import { apiVersionOf } from '../../runtime/api/object';
import type { PrinterColumn } from '../../runtime/api/table';
import type { Watched } from '../clusters/watches';
import { containersOf } from './container-node';
import { ageOf, describe } from './describe';
import { endpointsOf } from './endpoint-node';
import { jobKind, podKind, replicaSetKind, endpointSliceKind, type ShownKind } from './kinds';
import { type Listing, ListingNode, type ObjectHolder } from './listing-node';
import { type Level, type ObjectStatus, statusOf } from './object-status';
import type { Appearance, TreeHost, TreeNode } from './tree-node';
import { t } from '../words';

/** Names an object to commands. */
export interface ObjectRef {
  apiVersion: string;
  kind: string;
  /** Lower-case plural: `pods`. */
  resource: string;
  namespaced: boolean;
  name: string;
  /** Empty for what is not in a namespace. */
  namespace: string;
  uid: string;
}

export interface ShownObject {
  kind: ShownKind;
  customColumns?: readonly PrinterColumn[];
  /** The namespace is told: objects of several are listed together. */
  showNamespace: boolean;
}

const colors: Record<Level, string | undefined> = {
  ok: 'testing.iconPassed',
  progress: 'testing.iconQueued',
  warning: 'list.warningForeground',
  error: 'testing.iconFailed',
  done: 'disabledForeground',
  none: undefined,
};

/** Shapes, since colours alone don't tell everybody. */
const icons: Partial<Record<Level, string>> = { warning: 'warning', error: 'error' };
const podIcons: Partial<Record<Level, string>> = { ...icons, progress: 'circle-large-outline', done: 'pass' };

/** An object, with what it owns below it. Its `object` is partial: who needs all of it gets it from the server. */
export class ObjectNode extends ListingNode implements ObjectHolder {
  constructor(
    parent: TreeNode,
    readonly about: ShownObject,
    public object: Live<KubeObject>,
  ) {
    super(`${parent.id}/${object.metadata.uid}`, parent);
  }

  get ref(): ObjectRef {
    const { kind, resource } = this.about.kind;
    const { name, namespace = '', uid } = this.object.metadata;
    return { apiVersion: apiVersionOf(resource), kind, resource: resource.resource, namespaced: resource.namespaced, name, namespace, uid };
  }

  get status(): ObjectStatus {
    return statusOf(this.object);
  }

  override appearance(host: TreeHost): Appearance {
    const { kind } = this.about.kind;
    const { name, namespace } = this.object.metadata;
    const { level } = this.status;
    const description = [this.describe(host), this.about.showNamespace ? namespace : ''].filter(Boolean).join(' · ');
    const color = colors[level];
    return {
      label: name,
      description,
      icon: (kind === 'Pod' ? podIcons : icons)[level] ?? this.about.kind.icon,
      ...(color && { color }),
      context: ` object ${kind} ${this.about.kind.resource.namespaced ? 'namespaced' : 'cluster-scoped'} `,
      ...(this.hasChildren() && { collapsible: 'collapsed' }),
      spoken: `${kind} ${name}, ${description}${spokenLevel(level)}`,
    };
  }

  override details(host: TreeHost): string {
    const { kind } = this.about.kind;
    const { name, namespace, labels } = this.object.metadata;
    const { problem } = this.status;
    const lines = [
      `**${kind} ${code(name)}**${namespace ? ` · ${code(namespace)}` : ''}`,
      ...(problem ? [`$(warning) ${escape(problem)}`] : []),
      ...[this.describe(host)].filter(Boolean).map(escape),
      ...Object.entries(labels ?? {}).map(([key, value]) => code(`${key}=${value}`)),
      t`Created ${ageOf(this.object, host.now())} ago`,
    ];
    return lines.join('\n\n');
  }

  override children(host: TreeHost): readonly TreeNode[] {
    if (this.about.kind.kind === 'Pod') return containersOf(this.object, this);
    if (this.about.kind.kind !== 'Service') return super.children(host);
    const request = this.needs()[0];
    const slices = request && host.watched(request);
    return slices ? endpointsOf(this.object, slices.list() as Live<EndpointSlice>[], this, slices.isSynced) : [];
  }

  protected override listing(): Listing | undefined {
    const { kind } = this.about.kind;
    const { uid, namespace } = this.object.metadata;
    const owned = owns[kind];
    if (!owned || namespace === undefined) return undefined;
    const pick = (watched: Watched): readonly Live<KubeObject>[] => watched.ownedBy(uid);
    const compare = owned === replicaSetKind ? newestRevision : undefined;
    const isService = kind === 'Service';
    return {
      request: { resource: owned.resource, namespace },
      pick,
      concerns: ({ metadata }) => isService || (metadata.ownerReferences ?? []).some((owner) => owner.uid === uid),
      filtered: false,
      ...(compare && { compare }),
      node: (object, parent) => new ObjectNode(parent, { kind: owned, showNamespace: false }, object),
    };
  }

  private describe(host: TreeHost): string {
    const { kind, customColumns } = this.about;
    return describe(kind, this.object, host.now(), customColumns);
  }

  private hasChildren(): boolean {
    const { kind } = this.about.kind;
    return kind === 'Pod' || kind in owns;
  }
}

/** What belongs to an object of a kind, by its controller reference; of a Service, by a label. */
const owns: Record<string, ShownKind> = {
  Deployment: replicaSetKind,
  ReplicaSet: podKind,
  StatefulSet: podKind,
  DaemonSet: podKind,
  Job: podKind,
  CronJob: jobKind,
  Service: endpointSliceKind,
};

/** An event: what happened to what, the newest first. */
export class EventNode extends ObjectNode {
  override appearance(host: TreeHost): Appearance {
    const { reason = '', message = '', involvedObject, count, series } = this.object as Live<CoreV1Event>;
    const times = series?.count ?? count ?? 1;
    const about = `${involvedObject?.kind ?? ''} ${involvedObject?.name ?? ''}`.trim();
    const ago = age(lastSeen(this.object), host.now());
    const isWarning = this.status.level === 'warning';
    const description = [about, message.split('\n')[0], times > 1 ? `×${times}` : '', ago].filter(Boolean).join(' · ');
    return {
      label: reason,
      description,
      icon: isWarning ? 'warning' : 'info',
      ...(isWarning && { color: 'list.warningForeground' }),
      context: ' object Event namespaced ',
      spoken: `${isWarning ? 'warning' : 'event'} ${reason}, ${description}`,
    };
  }

  override details(): string {
    const { message = '', reason = '' } = this.object as Live<CoreV1Event>;
    return `**${escape(reason)}**\n\n${escape(message)}`;
  }
}

/** When it was last seen, in either API's fields. */
export function lastSeen(object: Live<KubeObject>): string {
  const { series, lastTimestamp, eventTime } = object as Live<CoreV1Event>;
  return series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? object.metadata.creationTimestamp;
}

export function newestFirst(a: Live<KubeObject>, b: Live<KubeObject>): number {
  return Date.parse(lastSeen(b)) - Date.parse(lastSeen(a));
}

function age(time: string, now: number): string {
  return ageOf({ metadata: { creationTimestamp: time } } as Live<KubeObject>, now);
}

function newestRevision(a: Live<KubeObject>, b: Live<KubeObject>): number {
  const revision = ({ metadata }: Live<KubeObject>): number =>
    Number(metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0);
  return revision(b) - revision(a);
}

/** Names may hold any character: in Markdown they are code. */
function code(text: string): string {
  const fence = text.includes('`') ? '``' : '`';
  return `${fence}${text}${fence}`;
}

function escape(text: string): string {
  return text.replaceAll(/[\\`*_{}[\]()#+!|<>~$]/g, '\\$&');
}

function spokenLevel(level: Level): string {
  const words: Record<Level, string> = {
    ok: t`fine`,
    progress: t`on its way`,
    warning: t`warning`,
    error: t`failing`,
    done: t`completed`,
    none: '',
  };
  return words[level] && `, ${words[level]}`;
}
