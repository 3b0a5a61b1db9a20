import { isIpv4, isIpv6 } from '../cidr';
import { finding, Path } from '../finding';
import type { Namespace, Node, ServiceAccount } from '../kinds';
import { qualifiedNameProblems } from '../names';
import { tryParseQuantity } from '../quantity';
import type { Findings } from './common';
import { cidrRange, invalidEach, SPEC, STATUS } from './common';
import { kubeFinalizer } from './meta';
import { resourceQuantity } from './resources';
import type { KindRules } from './rules';
import { taints } from './scheduling';

function namespaceFinalizers({ spec }: Namespace): Findings {
  const out: Findings = [];
  for (const name of spec?.finalizers ?? []) {
    invalidEach(out, SPEC.child('finalizers'), name, qualifiedNameProblems(name));
    kubeFinalizer(out, SPEC.child('finalizers'), name);
  }
  return out;
}

export const namespace: KindRules<Namespace> = {
  create: namespaceFinalizers,
  update: () => [],
  updateStatus({ metadata, status }) {
    const phase = status?.phase ?? '';
    // Upstream writes this path with a capital.
    const at = STATUS.child('Phase');
    if (metadata.deletionTimestamp) {
      if (phase === 'Terminating') return [];
      return [finding.invalid(at, phase, "may only be 'Terminating' if `deletionTimestamp` is not empty")];
    }
    return phase === 'Active' ? [] : [finding.invalid(at, phase, "may only be 'Active' if `deletionTimestamp` is empty")];
  },
};

function nodeResources(out: Findings, { status }: Node): void {
  for (const field of ['capacity', 'allocatable'] as const) {
    for (const [name, text] of Object.entries(status?.[field] ?? {})) {
      const quantity = tryParseQuantity(text);
      if (quantity) resourceQuantity(out, STATUS.child(field, name), name, quantity);
    }
  }
}

function podCidrs(out: Findings, ranges: readonly string[]): void {
  const path = SPEC.child('podCIDRs');
  const valid = ranges.map((range, i) => cidrRange(out, path.index(i), range)).every(Boolean);
  if (ranges.length < 2) return;
  const addresses = ranges.map((range) => range.split('/')[0] ?? '');
  const dual = valid && addresses.some(isIpv4) && addresses.some(isIpv6);
  if (!dual || ranges.length > 2)
    out.push(finding.invalid(path, ranges, 'may specify no more than one CIDR for each IP family'));
  ranges.forEach((range, i) => {
    if (ranges.indexOf(range) < i) out.push(finding.duplicate(path.index(i), range));
  });
}

/** The single range is the first of them. */
function rangesOf({ spec }: Node): readonly string[] {
  const { podCIDR, podCIDRs = [] } = spec ?? {};
  return podCIDR ? [podCIDR, ...podCIDRs.slice(1)] : podCIDRs;
}

const TAINTS = Path.of('metadata', 'taints');

function createNode(node: Node): Findings {
  const out: Findings = [];
  if (node.spec?.taints) taints(out, TAINTS, node.spec.taints);
  nodeResources(out, node);
  podCidrs(out, rangesOf(node));
  return out;
}

function updateNode(node: Node, old: Node): Findings {
  const out: Findings = [];
  nodeResources(out, node);
  const seen = new Set<string>();
  node.status?.addresses?.forEach(({ type, address }, i) => {
    if (seen.has(`${type}/${address}`)) {
      out.push(finding.duplicate(STATUS.child('addresses').index(i), { Type: type, Address: address }));
    }
    seen.add(`${type}/${address}`);
  });
  const [ranges, before] = [rangesOf(node), rangesOf(old)];
  const kept = ranges.length === before.length && before.every((range, i) => range === ranges[i]);
  if (before.length && !kept) {
    out.push(finding.forbidden(SPEC.child('podCIDRs'), 'node updates may not change podCIDR except from "" to valid'));
  }
  if (old.spec?.providerID && old.spec.providerID !== node.spec?.providerID) {
    out.push(finding.forbidden(
      SPEC.child('providerID'),
      'node updates may not change providerID except from "" to valid',
    ));
  }
  if (node.spec?.taints) taints(out, TAINTS, node.spec.taints);
  if ((node.spec?.externalID ?? '') !== (old.spec?.externalID ?? '')) {
    out.push(finding.forbidden(SPEC.child('externalID'), 'may not be updated'));
  }
  return out;
}

export const node: KindRules<Node> = {
  create: createNode,
  update: updateNode,
  updateStatus: updateNode,
  warnings({ spec }) {
    const out: string[] = [];
    if (spec?.configSource) out.push('spec.configSource: deprecated in v1.22, support removal is planned in v1.26');
    if (spec?.externalID) out.push('spec.externalID: this field is deprecated, and is unused by Kubernetes');
    return out;
  },
};

export const serviceAccount: KindRules<ServiceAccount> = { create: () => [] };
