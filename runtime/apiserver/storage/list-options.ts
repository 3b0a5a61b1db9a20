import { finding, Path } from '../../api/finding';
import type { Finding } from '../../api/finding';
import { errors } from '../../api/status';
import { queryBoolean, queryInteger, queryString } from '../http/query';
import type { Query } from '../http/query';

/** `ListOptions` of a request, checked. */
export interface ListOptions {
  labelSelector: string;
  fieldSelector: string;
  watch: boolean;
  allowWatchBookmarks: boolean;
  resourceVersion: string;
  resourceVersionMatch: string;
  timeoutSeconds?: number;
  limit: number;
  continue: string;
  sendInitialEvents?: boolean;
}

export function parseListOptions(query: Query, watch: boolean): ListOptions {
  const sendInitialEvents = queryBoolean(query, 'sendInitialEvents');
  const timeoutSeconds = queryInteger(query, 'timeoutSeconds');
  const options: ListOptions = {
    labelSelector: queryString(query, 'labelSelector'),
    fieldSelector: queryString(query, 'fieldSelector'),
    watch,
    allowWatchBookmarks: queryBoolean(query, 'allowWatchBookmarks') ?? false,
    resourceVersion: queryString(query, 'resourceVersion'),
    resourceVersionMatch: queryString(query, 'resourceVersionMatch'),
    limit: queryInteger(query, 'limit') ?? 0,
    continue: queryString(query, 'continue'),
    ...(timeoutSeconds !== undefined && { timeoutSeconds }),
    ...(sendInitialEvents !== undefined && { sendInitialEvents }),
  };
  const findings = watch ? watchFindings(options) : listFindings(options);
  if (findings.length > 0) throw errors.invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, findings);
  return options;
}

const matchPath = Path.of('resourceVersionMatch');

function watchFindings({ sendInitialEvents, resourceVersionMatch: match, continue: token }: ListOptions): Finding[] {
  const findings: Finding[] = [];
  if (sendInitialEvents !== undefined) {
    if (match !== 'NotOlderThan') {
      findings.push(finding.forbidden(matchPath, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'));
    }
  } else if (match !== '') {
    findings.push(finding.forbidden(matchPath, 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'));
  }
  if (match !== '' && match !== 'NotOlderThan') findings.push(finding.notSupported(matchPath, match, ['NotOlderThan']));
  if (sendInitialEvents !== undefined && token !== '') {
    findings.push(finding.forbidden(Path.of('continue'), 'continue is forbidden for watch with sendInitialEvents'));
  }
  return findings;
}

function listFindings(options: ListOptions): Finding[] {
  const { resourceVersionMatch: match, resourceVersion } = options;
  const findings: Finding[] = [];
  if (match !== '') {
    if (resourceVersion === '') {
      findings.push(finding.forbidden(matchPath, 'resourceVersionMatch is forbidden unless resourceVersion is provided'));
    }
    if (options.continue !== '') {
      findings.push(finding.forbidden(matchPath, 'resourceVersionMatch is forbidden when continue is provided'));
    }
    if (match !== 'Exact' && match !== 'NotOlderThan') {
      findings.push(finding.notSupported(matchPath, match, ['Exact', 'NotOlderThan', '']));
    }
    if (match === 'Exact' && resourceVersion === '0') {
      findings.push(finding.forbidden(matchPath, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
    }
  }
  if (options.sendInitialEvents !== undefined) {
    findings.push(finding.forbidden(Path.of('sendInitialEvents'), 'sendInitialEvents is forbidden for list'));
  }
  return findings;
}
