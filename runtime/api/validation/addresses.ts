import { CIDR_MESSAGE, formatCidr, formatIp, IP_MESSAGE, parseCidr, parseIp } from '../cidr';
import { finding } from '../finding';
import type { IPAddress, ParentReference, ServiceCIDR, ServiceCIDRSpec } from '../kinds';
import { dns1123SubdomainProblems, pathSegmentProblems } from '../names';
import type { Findings } from './common';
import { immutable, invalidEach, SPEC } from './common';
import type { KindRules } from './rules';

const PARENT = SPEC.child('parentRef');

/** An IPAddress is named by its address, in the one form that Go prints. */
function addressProblems(name: string): readonly string[] {
  const address = parseIp(name);
  if (!address) return [IP_MESSAGE];
  const canonical = formatIp(address);
  return canonical === name ? [] : [`must be in canonical form (${JSON.stringify(canonical)})`];
}

function parent(out: Findings, { group, resource, name, namespace }: ParentReference): void {
  if (group) invalidEach(out, PARENT.child('group'), group, dns1123SubdomainProblems(group));
  for (const [field, value] of [['resource', resource], ['name', name]] as const) {
    if (!value) out.push(finding.required(PARENT.child(field)));
    else invalidEach(out, PARENT.child(field), value, pathSegmentProblems(value));
  }
  if (namespace) invalidEach(out, PARENT.child('namespace'), namespace, pathSegmentProblems(namespace));
}

export const ipAddress: KindRules<IPAddress> = {
  nameProblems: addressProblems,
  create(object) {
    const out: Findings = [];
    const given = (object.spec as Partial<IPAddress['spec']> | undefined)?.parentRef;
    if (given) parent(out, given);
    else out.push(finding.required(PARENT));
    return out;
  },
  update(object, old) {
    const out: Findings = [];
    immutable(out, PARENT, object.spec?.parentRef, old.spec?.parentRef);
    return out;
  },
};

const CIDRS = SPEC.child('cidrs');
/** How Go prints the spec that upstream puts in place of the list. */
const printed = ({ cidrs = [] }: ServiceCIDRSpec) => ({ CIDRs: cidrs });

function isDualStack(cidrs: readonly string[]): boolean {
  const families = cidrs.map((cidr) => parseCidr(cidr)?.network.family);
  return families.includes('IPv4') && families.includes('IPv6') && !families.includes(undefined);
}

export const serviceCidr: KindRules<ServiceCIDR> = {
  create({ spec = {} }) {
    const out: Findings = [];
    const { cidrs = [] } = spec;
    const refuse = (detail: string) => out.push(finding.invalid(CIDRS, printed(spec), detail));
    if (!cidrs.length) out.push(finding.required(CIDRS, 'at least one CIDR required'));
    else if (cidrs.length > 2) refuse('may only hold up to 2 values');
    else if (cidrs.length === 2 && !isDualStack(cidrs)) {
      refuse('may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64');
    } else {
      cidrs.forEach((text, i) => {
        const cidr = parseCidr(text);
        const canonical = cidr && formatCidr(cidr);
        const form = `must be in canonical form (${JSON.stringify(canonical)})`;
        if (!cidr) out.push(finding.invalid(CIDRS.index(i), text, CIDR_MESSAGE));
        else if (canonical !== text) out.push(finding.invalid(CIDRS.index(i), text, form));
      });
    }
    return out;
  },
  update(object, old) {
    const out: Findings = [];
    immutable(out, CIDRS, object.spec?.cidrs, old.spec?.cidrs);
    return out;
  },
};
