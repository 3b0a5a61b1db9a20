import { isStatusError } from '../../api/status';
import type { StatusError } from '../../api/status';
import type { KubeObject, Live, Pod } from '../../api/kinds';
import type { ResourceClient } from '../../client/client';
import type { EventSink } from './context';
import { messageOf } from './context';

/** The namespace goes away: nothing can be created there, and trying again is of no use. */
export function isNamespaceTerminating(error: unknown): error is StatusError {
  return isStatusError(error, 'Forbidden') && (error.status.details?.causes ?? []).some((cause) => cause.reason === 'NamespaceTerminating');
}

/** Creates and deletes pods on behalf of an owner, with the events that tell so. */
export class PodControl {
  constructor(private readonly pods: ResourceClient<Pod>, private readonly events: EventSink) {}

  async create(pod: Pod, owner: Live<KubeObject>): Promise<Live<Pod>> {
    try {
      const created = await this.pods.create(pod);
      this.events.event(owner, 'Normal', 'SuccessfulCreate', `Created pod: ${created.metadata.name}`);
      return created;
    } catch (error) {
      if (!isNamespaceTerminating(error)) this.events.event(owner, 'Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`);
      throw error;
    }
  }

  async delete({ metadata: { name, namespace } }: Live<Pod>, owner: Live<KubeObject>): Promise<void> {
    try {
      await this.pods.delete(name, namespace);
    } catch (error) {
      if (!isStatusError(error, 'NotFound')) {
        this.events.event(owner, 'Warning', 'FailedDelete', `Error deleting: ${messageOf(error)}`);
      }
      throw error;
    }
    this.events.event(owner, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
  }
}
