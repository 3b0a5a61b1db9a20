import { isObject } from '../patch/json';
import type { JsonObject } from '../patch/json';
import type { Schema } from '../schema';
import { parseManifests } from '../yaml';
import { KustomizeError } from './errors';
import type { FolderFiles } from './files';
import type { Kustomization } from './kustomization';
import type { PatchSchemas } from './patches';
import type { Source } from './sources';

/** The only one that kustomize 5 has. */
const builtInVersion = 'v1.21.2';

/** Types of a schema file that a kustomization gives; it takes the place of the built-in ones. */
export function openApiSchemas(
  { openapi }: Kustomization,
  files: FolderFiles,
  at: (...path: (string | number)[]) => Source,
): PatchSchemas | undefined {
  if (openapi?.version && openapi.version !== builtInVersion)
    throw new KustomizeError('the specified OpenAPI version is not built in', at('openapi', 'version'));
  if (!openapi?.path) return undefined;
  const value = parseManifests(files.text(openapi.path, at('openapi', 'path')))[0]?.value;
  const definitions = isObject(value) && isObject(value['definitions']) ? value['definitions'] : {};
  const byKind = new Map<string, Schema>();
  for (const definition of Object.values(definitions)) {
    for (const { group, version, kind } of kindsOf(definition))
      byKind.set(`${group}/${version}/${kind}`, definition as Schema);
  }
  return {
    schemaOf: ({ group, version, kind }) => byKind.get(`${group}/${version}/${kind}`),
    resolver: {
      resolve({ $ref, ...rest }) {
        const name = $ref?.replace('#/definitions/', '');
        return {
          ...(name !== undefined && Object.hasOwn(definitions, name) ? (definitions[name] as Schema) : {}),
          ...rest,
        };
      },
    },
  };
}

function kindsOf(definition: unknown): JsonObject[] {
  const kinds = isObject(definition) ? definition['x-kubernetes-group-version-kind'] : undefined;
  return Array.isArray(kinds) ? kinds.filter(isObject) : [];
}
