import type { KubeObject } from '../../api/object';
import { apiVersionOf } from '../../api/object';
import { partialObjectMetadata, tableFor } from '../../api/table';
import type { Clock } from '../../clock';
import type { View } from '../http/api-request';
import type { Representation } from '../http/negotiate';
import { rowObject } from '../http/encode';
import type { Query } from '../http/query';
import type { WatchEvent } from './watcher';

const newline = Buffer.from('}\n');
const prefixes = Object.fromEntries(
  ['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR'].map((type) => [type, Buffer.from(`{"type":"${type}","object":`)]),
);

/** Turns watch events into lines of JSON; what doesn't depend on the watcher is encoded once for all of them. */
export class FrameEncoder {
  private readonly format: string;
  private tables = 0;

  constructor(
    private readonly view: View,
    private readonly representation: Representation,
    private readonly query: Query,
    private readonly clock: Clock,
  ) {
    this.format = `${view.info.group}/${view.info.version}/${representation.as}`;
  }

  encode(event: WatchEvent): Buffer {
    if (event.type === 'ERROR') return frame('ERROR', Buffer.from(JSON.stringify(event.status)));
    if (event.type === 'BOOKMARK') return frame('BOOKMARK', Buffer.from(JSON.stringify(this.bookmark(event))));
    const make = () => frame(event.type, this.bytes(event));
    // The first table of a watch has the column definitions, and ages differ: tables aren't shared.
    if (!event.source || this.representation.as === 'Table') return make();
    return event.source.frame(`${event.type}|${this.format}`, make);
  }

  private bytes(event: Extract<WatchEvent, { type: 'ADDED' | 'MODIFIED' | 'DELETED' }>): Buffer {
    if (this.representation.as === '') return this.view.bytes(event.entry);
    return Buffer.from(JSON.stringify(this.shaped(this.view.object(event.entry))));
  }

  private shaped(object: KubeObject): object {
    const { as, version } = this.representation;
    if (as !== 'Table') return { ...partialObjectMetadata(object), apiVersion: `meta.k8s.io/${version}` };
    const table = tableFor(this.view.info, [object], this.clock.now(), {
      metadata: { resourceVersion: object.metadata.resourceVersion! }, noHeaders: this.tables++ > 0,
      ...(this.view.columns && { customColumns: this.view.columns }), ...rowObject(this.query),
    });
    return { ...table, apiVersion: `meta.k8s.io/${version}` };
  }

  bookmark({ revision, initialEventsEnd }: Extract<WatchEvent, { type: 'BOOKMARK' }>): object {
    const { info } = this.view;
    const object: KubeObject = {
      kind: info.kind, apiVersion: apiVersionOf(info),
      metadata: {
        resourceVersion: String(revision),
        ...(initialEventsEnd && { annotations: { 'k8s.io/initial-events-end': 'true' } }),
      },
    };
    return this.representation.as === '' ? object : this.shaped(object);
  }
}

function frame(type: string, object: Buffer): Buffer {
  return Buffer.concat([prefixes[type]!, object, newline]);
}
