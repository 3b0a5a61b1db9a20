import { kindInfos, type KindInfo } from '../../runtime/api/kind-info';
import { apiVersionOf } from '../../runtime/api/object';
import type { ResourceInfo } from '../../runtime/api/resource';
import { builtInTypes, type TypeRegistry } from './types';

/** From where types are known beside the built-in ones; an earlier one counts before a later one. */
const origins = ['workspace', 'settings'] as const;
export type TypeOrigin = (typeof origins)[number];

/** The built-in types, those of definitions in files, and those that the cluster defines. */
export class KnownTypes implements TypeRegistry {
  private readonly custom = new Map<TypeOrigin, readonly ResourceInfo[]>();
  private readonly index = new Map<string, ResourceInfo>();
  private kindsMade: readonly KindInfo[] | undefined;
  /** What the cluster defines; asked for kinds that are not known otherwise. */
  clusterTypes: (apiVersion: string, kind: string) => readonly ResourceInfo[] = () => [];

  typeOf(apiVersion: unknown, kind: unknown): ResourceInfo | undefined {
    const builtIn = builtInTypes.typeOf(apiVersion, kind);
    if (builtIn || typeof apiVersion !== 'string' || typeof kind !== 'string') return builtIn;
    const ours = this.index.get(`${apiVersion} ${kind}`);
    // Only groups with a dot can be of custom resources.
    if (ours || !/\..*\//.test(apiVersion)) return ours;
    return this.clusterTypes(apiVersion, kind).find((info) => apiVersionOf(info) === apiVersion && info.kind === kind);
  }

  kinds(): readonly KindInfo[] {
    return (this.kindsMade ??= [...builtInTypes.kinds(), ...kindInfos([...this.index.values()])]);
  }

  /** Takes what an origin defines now; says whether that is anything new. */
  set(origin: TypeOrigin, types: readonly ResourceInfo[]): boolean {
    const before = this.custom.get(origin) ?? [];
    if (before.length === types.length && before.every((info, i) => info === types[i])) return false;
    this.custom.set(origin, types);
    this.kindsMade = undefined;
    this.index.clear();
    for (const from of [...origins].reverse()) {
      for (const info of this.custom.get(from) ?? []) this.index.set(`${apiVersionOf(info)} ${info.kind}`, info);
    }
    return true;
  }
}
