import { createHash } from 'node:crypto';
import { catalogue } from '../catalogue';
import { apiVersionOf } from '../object';
import type { ResourceInfo } from '../resource';
import { customDefinitions } from './custom-definitions';
import { DefinitionWriter } from './definitions';
import { meta, type Flavour, type JsonObject } from './documents';
import { encodeOpenApiV2 } from './gnostic';
import { pathsOf } from './operations';
import { discoveryPaths, PathWriter, rootPaths } from './render';

export { describeField, describeParameter, describeType } from './texts';

/**
 * Media types of {@link OpenApi.v2Protobuf}: what kubectl asks for, and what the answer must say, since the first is no
 * media type that Go's mime package takes.
 */
export const openApiV2Protobuf = {
  accept: 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf',
  contentType: 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf',
} as const;

const info = { title: 'Kubernetes', version: 'v1.36.0' };
const securityDefinition = {
  BearerToken: { description: 'Bearer Token authentication', in: 'header', name: 'authorization', type: 'apiKey' },
};
const groupVersionPath = (r: ResourceInfo) => (r.group === '' ? `api/${r.version}` : `apis/${apiVersionOf(r)}`);

/**
 * OpenAPI documents of a set of resources, built when first asked for and kept. Make a new one when the resources change
 * (a CRD came, changed or went). Documents are whole JSON texts.
 */
export class OpenApi {
  private v2Document: JsonObject | undefined;
  private v2Text: string | undefined;
  private v2Bytes: Buffer | undefined;
  private v3IndexText: string | undefined;
  private readonly v3Texts = new Map<string, string>();
  private readonly customKinds: readonly ResourceInfo[];

  constructor(private readonly resources: readonly ResourceInfo[]) {
    this.customKinds = resources.filter((r) => r.schema.$ref === undefined);
  }

  /** `/openapi/v2` as JSON. */
  v2(): string {
    return (this.v2Text ??= JSON.stringify(this.buildV2()));
  }

  /** `/openapi/v2` as the gnostic message. */
  v2Protobuf(): Buffer {
    return (this.v2Bytes ??= encodeOpenApiV2(this.buildV2()));
  }

  /** `/openapi/v3`: where each group version's document is, with the hash under which it may be cached for good. */
  v3Index(): string {
    return (this.v3IndexText ??= JSON.stringify({
      paths: Object.fromEntries(
        [...this.groupVersions()].map(([path, own]) => [
          path,
          { serverRelativeURL: `/openapi/v3/${path}?hash=${hashOf(own)}` },
        ]),
      ),
    }));
  }

  /** `/openapi/v3/PATH`, for `api/v1` or `apis/GROUP/VERSION`; undefined where nothing of it is served. */
  v3(path: string): string | undefined {
    const known = this.v3Texts.get(path);
    if (known !== undefined) return known;
    const own = this.groupVersions().get(path);
    if (!own) return undefined;
    const text = JSON.stringify(this.buildV3(own));
    this.v3Texts.set(path, text);
    return text;
  }

  /** The hash of `/openapi/v3/PATH`, as in the index; a request with another is redirected to this one. */
  v3Hash(path: string): string | undefined {
    const own = this.groupVersions().get(path);
    return own && hashOf(own);
  }

  private groupVersions(): Map<string, ResourceInfo[]> {
    const versions = new Map<string, ResourceInfo[]>();
    for (const resource of this.resources) {
      const path = groupVersionPath(resource);
      const own = versions.get(path);
      if (own) own.push(resource);
      else versions.set(path, [resource]);
    }
    return versions;
  }

  private writers(
    flavour: Flavour,
    resources: readonly ResourceInfo[],
  ): { definitions: DefinitionWriter; paths: PathWriter } {
    const versions = new Map(resources.map((r) => [apiVersionOf(r), { group: r.group, version: r.version }]));
    versions.set('v1', { group: '', version: 'v1' });
    const custom = new Map(this.customKinds.flatMap((kind) => customDefinitions(kind, flavour)));
    const definitions = new DefinitionWriter(
      flavour,
      custom,
      [...versions.values()].sort((a, b) => (apiVersionOf(a) < apiVersionOf(b) ? -1 : 1)),
    );
    for (const schema of custom.values()) definitions.adopt(schema);
    const customKinds = new Set(this.customKinds.map((r) => `${apiVersionOf(r)}/${r.kind}`));
    return {
      definitions,
      paths: new PathWriter(flavour, definitions, ({ kind }) => customKinds.has(`${apiVersionOf(kind)}/${kind.kind}`)),
    };
  }

  private writePaths(
    flavour: Flavour,
    resources: readonly ResourceInfo[],
  ): { paths: JsonObject; definitions: JsonObject } {
    const writers = this.writers(flavour, resources);
    const paths: JsonObject = flavour === 'v2' ? rootPaths(writers.paths, new Set(resources.map((r) => r.group))) : {};
    for (const resource of resources) {
      Object.assign(paths, discoveryPaths(writers.paths, resource.group, resource.version));
      for (const item of pathsOf(resource)) paths[item.path] = writers.paths.item(item);
    }
    writers.definitions.reference(`${meta}.Status`);
    writers.definitions.reference(`${meta}.WatchEvent`);
    const sorted = Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1)));
    return { paths: sorted, definitions: writers.definitions.definitions() };
  }

  private buildV2(): JsonObject {
    if (this.v2Document) return this.v2Document;
    const { paths, definitions } = this.writePaths('v2', this.resources);
    return (this.v2Document = {
      swagger: '2.0',
      info,
      paths,
      definitions,
      securityDefinitions: securityDefinition,
      security: [{ BearerToken: [] }],
    });
  }

  private buildV3(resources: readonly ResourceInfo[]): JsonObject {
    const { paths, definitions } = this.writePaths('v3', resources);
    return { openapi: '3.0.0', info, paths, components: { schemas: definitions, securitySchemes: securityDefinition } };
  }
}

/** Of what a document is made from, so that the index needs no document built. */
function hashOf(resources: readonly ResourceInfo[]): string {
  const hash = createHash('sha512').update(info.version).update(JSON.stringify(resources));
  for (const { schema } of resources)
    if (schema.$ref !== undefined) hash.update(JSON.stringify(catalogue.definition(schema.$ref)));
  return hash.digest('hex').toUpperCase();
}
