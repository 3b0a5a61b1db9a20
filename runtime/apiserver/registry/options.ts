import { finding, Path } from '../../api/finding';
import type { Finding } from '../../api/finding';
import { errors } from '../../api/status';
import { queryBoolean, queryInteger, queryString } from '../http/query';
import type { Query } from '../http/query';

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';

/** `CreateOptions`, `UpdateOptions` or `PatchOptions`, checked. */
export interface WriteOptions {
  dryRun: boolean;
  fieldManager: string;
  fieldValidation: FieldValidation;
  /** PATCH of an apply configuration alone. */
  force?: boolean;
}

export function parseWriteOptions(
  query: Query, kind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions', apply = false,
): WriteOptions {
  const dryRun = query.get('dryRun') ?? [];
  const fieldManager = queryString(query, 'fieldManager');
  const fieldValidation = queryString(query, 'fieldValidation');
  const force = queryBoolean(query, 'force');
  const findings: Finding[] = [];
  if (kind === 'PatchOptions') {
    if (!apply && force !== undefined) {
      findings.push(finding.forbidden(Path.of('force'), 'may not be specified for non-apply patch'));
    }
    if (apply && fieldManager === '') findings.push(finding.required(Path.of('fieldManager'), 'is required for apply patch'));
  }
  findings.push(...fieldManagerFindings(fieldManager), ...dryRunFindings(dryRun));
  if (!['', 'Ignore', 'Warn', 'Strict'].includes(fieldValidation)) {
    findings.push(finding.notSupported(Path.of('fieldValidation'), fieldValidation, ['', 'Ignore', 'Strict', 'Warn']));
  }
  if (findings.length > 0) throw errors.invalid({ group: 'meta.k8s.io', kind }, findings);
  return {
    dryRun: dryRun.length > 0, fieldManager, fieldValidation: (fieldValidation || 'Warn') as FieldValidation,
    ...(force !== undefined && { force }),
  };
}

function dryRunFindings(dryRun: readonly unknown[]): Finding[] {
  return dryRun.every((value) => value === 'All') ? [] : [finding.notSupported(Path.of('dryRun'), dryRun, ['All'])];
}

function fieldManagerFindings(manager: string): Finding[] {
  const path = Path.of('fieldManager');
  const findings: Finding[] = [];
  if (Buffer.byteLength(manager) > 128) findings.push(finding.tooLong(path, 128));
  if (/[\p{C}\p{Zl}\p{Zp}]/u.test(manager)) findings.push(finding.invalid(path, manager, 'should only contain printable characters'));
  return findings;
}

export interface DeleteOptions {
  gracePeriodSeconds?: number;
  propagationPolicy?: 'Orphan' | 'Background' | 'Foreground';
  orphanDependents?: boolean;
  preconditions?: { uid?: string; resourceVersion?: string };
  dryRun: boolean;
}

/** Out of the body when there is one, else of the query, as upstream reads them. */
export function parseDeleteOptions(query: Query, body: unknown): DeleteOptions {
  const given = body === undefined ? optionsOfQuery(query) : optionsOfBody(body);
  const findings: Finding[] = [];
  const { propagationPolicy: policy, orphanDependents } = given;
  const policyPath = Path.of('propagationPolicy');
  if (orphanDependents !== undefined && policy !== undefined) {
    findings.push(finding.invalid(policyPath, policy, 'orphanDependents and deletionPropagation cannot be both set'));
  }
  if (policy !== undefined && !['Foreground', 'Background', 'Orphan'].includes(policy)) {
    findings.push(finding.notSupported(policyPath, policy, ['Foreground', 'Background', 'Orphan', 'nil']));
  }
  findings.push(...dryRunFindings(given.dryRun ?? []));
  if (findings.length > 0) throw errors.invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, findings);
  return {
    dryRun: (given.dryRun ?? []).length > 0,
    ...(given.gracePeriodSeconds !== undefined && { gracePeriodSeconds: given.gracePeriodSeconds }),
    ...(policy !== undefined && { propagationPolicy: policy as NonNullable<DeleteOptions['propagationPolicy']> }),
    ...(orphanDependents !== undefined && { orphanDependents }),
    ...(given.preconditions && { preconditions: given.preconditions }),
  };
}

interface GivenDeleteOptions {
  gracePeriodSeconds?: number;
  propagationPolicy?: string;
  orphanDependents?: boolean;
  preconditions?: { uid?: string; resourceVersion?: string };
  dryRun?: readonly string[];
}

function optionsOfQuery(query: Query): GivenDeleteOptions {
  const grace = queryInteger(query, 'gracePeriodSeconds');
  const orphan = queryBoolean(query, 'orphanDependents');
  const policy = query.get('propagationPolicy')?.[0];
  const dryRun = query.get('dryRun');
  return {
    ...(grace !== undefined && { gracePeriodSeconds: grace }),
    ...(policy !== undefined && { propagationPolicy: policy }),
    ...(orphan !== undefined && { orphanDependents: orphan }),
    ...(dryRun && { dryRun }),
  };
}

function optionsOfBody(body: unknown): GivenDeleteOptions {
  if (body === null || typeof body !== 'object' || Array.isArray(body)) {
    throw wrong(Array.isArray(body) ? 'array' : typeof body, '', 'DeleteOptions');
  }
  const fields = body as Record<string, unknown>;
  if (fields['kind'] !== undefined && fields['kind'] !== '' && fields['kind'] !== 'DeleteOptions') {
    throw errors.badRequest(`decoded object cannot be converted to DeleteOptions`);
  }
  const preconditions = typed(fields, 'preconditions', 'object', 'Preconditions') as Record<string, unknown> | undefined;
  const uid = preconditions && (typed(preconditions, 'uid', 'string', 'string') as string | undefined);
  const revision = preconditions && (typed(preconditions, 'resourceVersion', 'string', 'string') as string | undefined);
  const grace = typed(fields, 'gracePeriodSeconds', 'number', 'int64') as number | undefined;
  const policy = typed(fields, 'propagationPolicy', 'string', 'string') as string | undefined;
  const orphan = typed(fields, 'orphanDependents', 'boolean', 'bool') as boolean | undefined;
  const dryRun = typed(fields, 'dryRun', 'object', '[]string') as readonly string[] | undefined;
  return {
    ...(grace !== undefined && { gracePeriodSeconds: grace }),
    ...(policy !== undefined && { propagationPolicy: policy }),
    ...(orphan !== undefined && { orphanDependents: orphan }),
    ...(dryRun && { dryRun }),
    ...(preconditions && {
      preconditions: { ...(uid !== undefined && { uid }), ...(revision !== undefined && { resourceVersion: revision }) },
    }),
  };
}

function typed(fields: Record<string, unknown>, name: string, type: string, goType: string): unknown {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  const isList = goType === '[]string';
  const fits = typeof value === type && Array.isArray(value) === isList && (goType !== 'int64' || Number.isInteger(value));
  if (!fits) throw wrong(Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value, name, goType);
  return value;
}

const wrong = (found: string, field: string, goType: string) =>
  errors.badRequest(
    'DeleteOptions in version "v1" cannot be handled as a DeleteOptions: ' +
      `json: cannot unmarshal ${found} into Go ${field ? `struct field DeleteOptions.${field}` : 'value'} of type ${goType}`,
  );
