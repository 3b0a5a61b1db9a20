import type { Location } from 'vscode-languageserver/node';
import { parseApiVersion } from '../../runtime/api/object';
import type { ServerContext } from '../context';
import { locationIn, offsetIn } from '../documents/positions';
import { cursorAt, type Cursor } from '../manifests/cursor';
import { valueAt } from '../references/field-tree';
import type { SourceObject } from '../workspace/workspace';

/** From a custom resource, or from a field of one, to where its definition describes it. */
export function registerTypeDefinition(context: ServerContext): void {
  const { connection, capabilities, documents, types } = context;
  capabilities.typeDefinitionProvider = true;
  connection.onTypeDefinition(({ textDocument, position }) => {
    const file = documents.file(textDocument.uri);
    const cursor = file && cursorAt(file.documents, offsetIn(file, position), types);
    return cursor ? definitionsOf(cursor, context) : [];
  });
}

function definitionsOf({ apiVersion, kind, path }: Cursor, { workspace }: ServerContext): Location[] {
  const { group, version } = parseApiVersion(typeof apiVersion === 'string' ? apiVersion : '');
  return definingKind(workspace, group, kind).flatMap((definition) => {
    const place = describedAt(definition, version, path);
    const range = definition.document().pathRange([...stepsOf(definition.path), ...place]);
    const file = workspace.file(definition.uri);
    return file && range ? [locationIn(file, range.key ?? range)] : [];
  });
}

/** The definitions of a custom kind; several files may write one. */
function definingKind(
  workspace: ServerContext['workspace'],
  group: string,
  kind: unknown,
): readonly SourceObject[] {
  return workspace.ofKind('apiextensions.k8s.io', 'CustomResourceDefinition').filter(({ value }) => {
    const defines = (at: string[], wanted: unknown) => valueAt(value, ['spec', ...at]) === wanted;
    return defines(['group'], group) && defines(['names', 'kind'], kind);
  });
}

/** As deep as the schema goes; what every object has is told by the name of the kind. */
function describedAt({ value }: SourceObject, version: string, path: Cursor['path']): string[] {
  const kind = ['spec', 'names', 'kind'];
  const versions = valueAt(value, ['spec', 'versions']);
  if (!Array.isArray(versions)) return kind;
  const index = versions.findIndex((each: { name?: unknown } | null) => each?.name === version);
  const schema = ['spec', 'versions', String(index), 'schema', 'openAPIV3Schema'];
  let at = schema;
  for (const step of path) {
    const next = [[...at, 'properties', String(step)], [...at, 'additionalProperties'], [...at, 'items']].find(
      (steps) => typeof valueAt(value, steps) === 'object',
    );
    if (!next) break;
    at = next;
  }
  return at === schema || path[0] === 'metadata' ? kind : at;
}

/** Steps of an object's place in its document: `items[2]`. */
const stepsOf = (path: string): string[] => path.split(/[.[\]]+/).filter(Boolean);
