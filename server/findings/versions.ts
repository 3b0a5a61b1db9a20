import { catalogue } from '../../runtime/api/catalogue';
import type { UntypedObject } from '../../runtime/api/kinds';
import {
  API_MINOR, type ApiLifecycle, deprecationText, fieldsNewerThan, lifecycleOf, wasBuiltInGroup,
} from '../../runtime/api/lifecycle';
import { parseApiVersion } from '../../runtime/api/object';
import type { ResourceInfo } from '../../runtime/api/resource';
import { decodeObject } from '../../runtime/api/structure';
import type { TextRange } from '../manifests/ranges';
import type { FindingFix } from './finding';
import type { ObjectFinding } from './object-findings';

/**
 * What is to be said of an object's `apiVersion` and `kind`, and of its fields, by the version that it is meant for: kinds
 * that are gone, deprecated, not there yet, or never were.
 */
export function lifecycleFindings(value: UntypedObject, type: ResourceInfo | undefined, minor: number): ObjectFinding[] {
  const { apiVersion = '', kind = '' } = value;
  if (type && type.schema.$ref === undefined) return [];
  const lifecycle = lifecycleOf(apiVersion, kind);
  if (lifecycle && lifecycle.since > minor) return [noMatch(lifecycle, 'apiVersion', `it came with v1.${lifecycle.since}`)];
  if (lifecycle?.removed !== undefined && lifecycle.removed <= minor) return [removed(lifecycle)];
  const deprecated = lifecycle?.deprecated !== undefined && lifecycle.deprecated <= minor ? [deprecation(lifecycle)] : [];
  if (!type) return deprecated.length > 0 || lifecycle ? deprecated : unknownType(apiVersion, kind);
  return [...deprecated, ...(minor < API_MINOR ? newerFields(value, type, minor) : [])];
}

const noMatchText = (apiVersion: string, kind: string) =>
  `no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}`;

function noMatch({ apiVersion, kind }: ApiLifecycle, path: string, why: string): ObjectFinding {
  return { path, severity: 'error', message: `${noMatchText(apiVersion, kind)}: ${why}`, code: 'UnknownKind' };
}

const insteadOf = ({ replacement, kind }: ApiLifecycle): string | undefined =>
  replacement && (replacement.kind === kind ? replacement.apiVersion : `${replacement.apiVersion} ${replacement.kind}`);

const sameKind = ({ replacement, kind }: ApiLifecycle): Pick<ObjectFinding, 'replacement'> =>
  replacement?.kind === kind ? { replacement: replacement.apiVersion } : {};

function removed(lifecycle: ApiLifecycle): ObjectFinding {
  const instead = insteadOf(lifecycle);
  const why = `it was removed in v1.${lifecycle.removed ?? 0}${instead ? `; use ${instead}` : ''}`;
  return { ...noMatch(lifecycle, 'apiVersion', why), code: 'RemovedVersion', ...sameKind(lifecycle) };
}

function deprecation(lifecycle: ApiLifecycle): ObjectFinding {
  return {
    path: 'apiVersion', severity: 'warning', message: deprecationText(lifecycle), code: 'DeprecatedVersion',
    tags: ['deprecated'], ...sameKind(lifecycle),
  };
}

function newerFields(value: UntypedObject, type: ResourceInfo, minor: number): ObjectFinding[] {
  return fieldsNewerThan(minor, value, type.schema, catalogue).map(({ path, since }) => ({
    path, severity: 'error', message: `unknown field ${JSON.stringify(path)}: it came with v1.${since}`,
    code: 'UnknownField', atKey: true,
  }));
}

/**
 * A kind that isn't built in may be a custom resource of the cluster, unless its group can't be one: a built-in group, or one
 * without a dot, which no CRD may have.
 */
function unknownType(apiVersion: string, kind: string): ObjectFinding[] {
  const { group } = parseApiVersion(apiVersion);
  if (group.includes('.') && !isBuiltInGroup(group)) {
    const message = `no schema for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}`;
    return [{ path: 'kind', severity: 'information', message, code: 'NoSchema' }];
  }
  const known = catalogue.resources().some((info) => info.kind === kind);
  const message = noMatchText(apiVersion, kind);
  return [{ path: known ? 'apiVersion' : 'kind', severity: 'error', message, code: 'UnknownKind' }];
}

const isBuiltInGroup = (group: string) =>
  catalogue.allResources().some((info) => info.group === group) || wasBuiltInGroup(group);

/** Writes another `apiVersion`, where the object has the form of that version too. `exact`: the range is the old one's. */
export function versionFixes(value: UntypedObject, apiVersion: string, range: TextRange, exact: boolean): FindingFix[] {
  const type = catalogue.byKind({ ...parseApiVersion(apiVersion), kind: value.kind ?? '' });
  if (!type || !exact) return [];
  const { errors, unknown } = decodeObject({ ...value, apiVersion }, type.schema, catalogue);
  if (errors.length > 0 || unknown.length > 0) return [];
  return [{ title: `Use ${apiVersion}`, edits: [{ ...range, text: apiVersion }], preferred: true }];
}
