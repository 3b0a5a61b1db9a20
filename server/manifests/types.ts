import { catalogue } from '../../runtime/api/catalogue';
import { type KindInfo, kindInfos } from '../../runtime/api/kind-info';
import { parseApiVersion } from '../../runtime/api/object';
import type { ResourceInfo } from '../../runtime/api/resource';

/** The types that manifests can be of: built-in ones and what custom resource definitions add. */
export interface TypeRegistry {
  /** Undefined where the two name no known kind. */
  typeOf(apiVersion: unknown, kind: unknown): ResourceInfo | undefined;
  /** What can be created, one for each group version. */
  kinds(): readonly KindInfo[];
}

export const builtInTypes: TypeRegistry = {
  typeOf(apiVersion, kind) {
    if (typeof apiVersion !== 'string' || typeof kind !== 'string') return undefined;
    return catalogue.byKind({ ...parseApiVersion(apiVersion), kind });
  },
  kinds: () => kindInfos(),
};
