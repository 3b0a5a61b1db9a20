import { type CancellationToken, ResponseError } from 'vscode-languageserver/node';
import * as z from 'zod';
import { editorMethods, type WhatIfObject, type WhatIfResult } from '../../../runtime/client/editor-protocol';
import type { ServerContext } from '../../context';
import { offsetIn, rangeIn } from '../../documents/positions';
import { type LiveFileObject, objectsOf, rangeOf } from '../providers/live-file';
import { type Cluster, prospectOf, unknownProspect } from './what-if';

const paramsSchema = z.object({
  uri: z.string(),
  position: z.object({ line: z.number(), character: z.number() }).optional(),
});

const requestCancelled = -32800;
const invalidParams = -32602;
const requestFailed = -32803;

/** Tells what applying a file, or one object of it, would change. Nothing is written. */
export function registerWhatIf(context: ServerContext): void {
  context.connection.onRequest(editorMethods.whatIf, (params: unknown, token: CancellationToken) =>
    whatIf(params, token, context),
  );
}

async function whatIf(params: unknown, token: CancellationToken, context: ServerContext): Promise<WhatIfResult> {
  const { data } = paramsSchema.safeParse(params);
  if (!data) throw new ResponseError(invalidParams, 'podium/whatIf: a uri, and perhaps a position');
  const file = context.documents.file(data.uri) ?? context.workspace.file(data.uri);
  if (!file) throw new ResponseError(requestFailed, `${data.uri} cannot be read`);
  const all = objectsOf(data.uri, context);
  const asked = data.position ? all.filter((object) => isAt(object, offsetIn(file, data.position!))) : all;
  const { client, dryRunner: runner } = context.cluster;
  const cluster = client && runner && { client, runner };
  const objects: WhatIfObject[] = [];
  for (const object of asked) {
    if (token.isCancellationRequested) throw new ResponseError(requestCancelled, 'cancelled');
    objects.push({ ...(await prospect(object, all, cluster)), range: rangeIn(file, rangeOf(object, ['kind'])) });
  }
  return { basis: cluster ? 'cluster' : 'file', objects };
}

async function prospect(object: LiveFileObject, all: readonly LiveFileObject[], cluster: Cluster | undefined) {
  if (!cluster) return unknownProspect(object.written);
  const beside = all.filter((other) => other !== object).map(({ written }) => written);
  try {
    return await prospectOf(object.written, beside, cluster);
  } catch (error) {
    throw new ResponseError(requestFailed, error instanceof Error ? error.message : String(error));
  }
}

function isAt({ document, source }: LiveFileObject, offset: number): boolean {
  const item = source.path === '' ? undefined : document.pathRange(source.path)?.value;
  const [start, end] = item ? [item.start, item.end] : document.range;
  return start <= offset && offset <= end;
}
