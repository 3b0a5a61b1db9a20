import type { FindingContext, ServerContext } from '../../context';
import type { SourceFile } from '../../documents/source-file';
import type { DocumentFinding } from '../../findings/finding';
import { fieldWarnings } from '../causes/causes';
import { liveObject } from '../live-source';
import { driftFields } from './drift-marks';
import { type LiveFileObject, objectsOf, rangeOf } from './live-file';

/** What goes wrong in the cluster, on the lines that cause it; and drift, for a client that has no other mark of it. */
export function registerLiveFindings(context: ServerContext): void {
  context.addFindings('cluster', liveFindings);
  if (!context.initialization.drift) context.addFindings('drift', driftFindings);
}

export function liveFindings(file: SourceFile, context: FindingContext): DocumentFinding[] {
  if (context.cluster.state !== 'connected') return [];
  const source = context.cluster.source();
  return objectsOf(file.uri, context).flatMap((object) =>
    fieldWarnings(object.written, source).map(({ path, code, message }): DocumentFinding => ({
      ...rangeOf(object, path),
      severity: 'warning',
      source: 'cluster',
      code,
      message,
    })),
  );
}

function driftFindings(file: SourceFile, context: FindingContext): DocumentFinding[] {
  if (context.cluster.state !== 'connected') return [];
  return objectsOf(file.uri, context).flatMap((object) => driftOfObject(object, context));
}

function driftOfObject(object: LiveFileObject, context: FindingContext): DocumentFinding[] {
  const live = liveObject(object.written, context.cluster.source());
  if (!live) return [];
  return driftFields(object, live).map(({ range, live: value, manager }) => ({
    ...range,
    severity: 'hint',
    source: 'cluster',
    code: 'Drift',
    message: [value === undefined ? 'not in the cluster' : `in the cluster: ${value}`, manager && `set by ${manager}`]
      .filter(Boolean)
      .join(', '),
  }));
}
