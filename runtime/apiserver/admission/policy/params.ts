import type { CustomResourceDefinition, ValidatingAdmissionPolicyBinding, ParamKind } from '../../../api/kinds';
import { catalogue } from '../../../api/catalogue';
import { selectorFromLabelSelector } from '../../../api/labels';
import { parseApiVersion } from '../../../api/object';
import type { KubeObject } from '../../../api/object';
import type { ApiLister } from '../../request';
import { ExpressionError } from './expressions';

interface ParamResource {
  readonly group: string;
  readonly resource: string;
  readonly namespaced: boolean;
}

const definitions = { group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions' };

/** The resource of a kind that a policy takes its parameters from, built in or custom. */
function resourceOf({ apiVersion = '', kind = '' }: ParamKind, lister: ApiLister): ParamResource {
  const { group, version } = parseApiVersion(apiVersion);
  const known = catalogue.byKind({ group, version, kind });
  if (known) return known;
  const definition = lister
    .list<CustomResourceDefinition>(definitions)
    .find(
      ({ spec }) =>
        spec.group === group &&
        spec.names.kind === kind &&
        spec.versions.some(({ name, served }) => served && name === version),
    );
  if (!definition)
    throw new ExpressionError(
      `failed to configure policy: failed to find resource referenced by paramKind: '${apiVersion}, Kind=${kind}'`,
    );
  return { group, resource: definition.spec.names.plural, namespaced: definition.spec.scope === 'Namespaced' };
}

const noParams = 'failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction';

/** The objects that a binding evaluates its policy with, each in turn; one `null` where the policy takes none. */
export function paramsOf(
  paramKind: ParamKind | undefined,
  { spec }: ValidatingAdmissionPolicyBinding,
  requestNamespace: string,
  lister: ApiLister,
): readonly (KubeObject | null)[] {
  const reference = spec.paramRef;
  if (!paramKind || !reference) return [null];
  const resource = resourceOf(paramKind, lister);
  const namespace = resource.namespaced ? reference.namespace || requestNamespace : undefined;
  if (namespace === '')
    throw new ExpressionError(
      'failed to configure binding: cannot use namespaced paramRef in policy binding that matches cluster-scoped resources',
    );
  if (!resource.namespaced && reference.namespace)
    throw new ExpressionError(
      'failed to configure binding: paramRef.namespace must not be provided for a cluster-scoped `paramKind`',
    );
  const found = reference.name
    ? [lister.get(resource, namespace, reference.name)].filter((object) => object !== undefined)
    : lister
        .list(resource, namespace)
        .filter(({ metadata }) => selectorFromLabelSelector(reference.selector).matches(metadata.labels ?? {}));
  if (found.length === 0 && reference.parameterNotFoundAction !== 'Allow') throw new ExpressionError(noParams);
  return found;
}
