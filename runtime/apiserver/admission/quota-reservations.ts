import type { Clock } from '../../clock';
import type { KubeObject } from '../../api/object';
import type { AdmissionAttributes, ApiLister } from '../request';

interface Reservation {
  readonly kind: { group: string; resource: string };
  readonly namespace: string;
  readonly name: string;
  readonly object: KubeObject;
  /** Version of the object that an update replaces. */
  readonly replaces: string | undefined;
  readonly deadline: number;
}

/** No write takes this long; what is still unseen then has failed. */
const longestWrite = 5000;
const lookEvery = 10;

/**
 * Writes that were admitted and that the lister doesn't show yet. Between the check and the store other requests run:
 * without these, two creates at once would both find the last free place.
 */
export class QuotaReservations {
  private readonly pending = new Map<string, Reservation>();
  private looking = false;

  constructor(
    private readonly lister: ApiLister,
    private readonly clock: Clock,
  ) {}

  add({ resource, namespace, name, object, oldObject }: AdmissionAttributes): void {
    const kind = { group: resource.group, resource: resource.resource };
    this.pending.set(`${kind.group}/${kind.resource}/${object!.metadata.uid ?? name}`, {
      kind,
      namespace,
      name,
      object: object!,
      replaces: oldObject?.metadata.resourceVersion,
      deadline: this.clock.now() + longestWrite,
    });
    this.look();
  }

  /** Objects about to be written, of one resource in one namespace. */
  of({ group, resource }: { group: string; resource: string }, namespace: string): KubeObject[] {
    this.settle();
    return [...this.pending.values()]
      .filter(({ kind, namespace: own }) => own === namespace && kind.resource === resource && kind.group === group)
      .map(({ object }) => object);
  }

  private settle(): void {
    for (const [key, reservation] of this.pending) if (!this.isPending(reservation)) this.pending.delete(key);
  }

  private isPending({ kind, namespace, name, object, replaces, deadline }: Reservation): boolean {
    if (this.clock.now() >= deadline) return false;
    const current = this.lister.get(kind, namespace, name);
    // A create is over once something of its name is there: itself, or what it lost to.
    if (replaces === undefined) return current === undefined;
    return current?.metadata.uid === object.metadata.uid && current?.metadata.resourceVersion === replaces;
  }

  /** An object that is deleted right after its creation would never be seen by looking at requests alone. */
  private look(): void {
    if (this.looking) return;
    this.looking = true;
    this.clock.after(lookEvery, () => {
      this.looking = false;
      this.settle();
      if (this.pending.size > 0) this.look();
    });
  }
}
