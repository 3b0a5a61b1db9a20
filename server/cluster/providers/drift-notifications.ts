import { type DriftField, type DriftParams, editorMethods } from '../../../runtime/client/editor-protocol';
import type { ServerContext } from '../../context';
import { rangeIn } from '../../documents/positions';
import type { SourceFile } from '../../documents/source-file';
import { Throttle } from '../../throttle';
import { liveObject } from '../live-source';
import { driftFields } from './drift-marks';
import { objectsOf } from './live-file';

/** Tells a client that marks drift itself where each open file differs from the cluster, whenever that changes. */
export function registerDriftNotifications(context: ServerContext): void {
  if (!context.initialization.drift) return;
  const { cluster, documents, connection } = context;
  const told = new Map<string, string>();
  const throttle = new Throttle(
    () => {
      for (const { uri } of documents.all()) {
        const file = documents.file(uri);
        const fields = file ? fieldsOf(file, context) : [];
        const text = JSON.stringify(fields);
        if (text === (told.get(uri) ?? '[]')) continue;
        told.set(uri, text);
        const params: DriftParams = { uri, version: file?.version ?? 0, fields };
        void connection.sendNotification(editorMethods.drift, params);
      }
    },
    { delayMs: 50, gapMs: 200 },
  );
  cluster.onDidChange(() => throttle.ask());
  documents.onDidChange(() => throttle.ask());
  documents.onDidClose(({ uri }) => told.delete(uri));
  context.onStop(() => throttle.stop());
}

function fieldsOf(file: SourceFile, context: ServerContext): DriftField[] {
  if (context.cluster.state !== 'connected') return [];
  const source = context.cluster.source();
  return objectsOf(file.uri, context).flatMap((object) => {
    const live = liveObject(object.written, source);
    if (!live) return [];
    return driftFields(object, live).map(({ range, path, file: written, live: value, manager }) => ({
      range: rangeIn(file, range),
      path,
      file: written,
      ...(value !== undefined && { live: value }),
      ...(manager && { manager }),
    }));
  });
}
