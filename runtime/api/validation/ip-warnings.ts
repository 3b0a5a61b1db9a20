import { formatCidr, formatIp, parseCidr, parseIp } from '../cidr';
import type { Path } from '../finding';

const quote = (text: string) => JSON.stringify(text);
const DOOMED = 'will be considered invalid in a future Kubernetes release';
const hasLeadingZeros = (text: string) => /(^|\.)0\d/.test(text);
const isMapped = (text: string) => text.includes(':') && parseIp(text.split('/')[0] ?? '')?.family === 'IPv4';

/** What to say of an address that is accepted today but isn't in standard form. */
export function ipWarnings(path: Path, value: string): string[] {
  const address = parseIp(value);
  if (!address) return [];
  const canonical = formatIp(address);
  if (hasLeadingZeros(value) || isMapped(value)) {
    return [`${path}: non-standard IP address ${quote(value)} ${DOOMED}: use ${quote(canonical)}`];
  }
  if (address.family === 'IPv4' || canonical === value) return [];
  return [`${path}: IPv6 address ${quote(value)} should be in RFC 5952 canonical format (${quote(canonical)})`];
}

export function cidrWarnings(path: Path, value: string): string[] {
  const range = parseCidr(value);
  if (!range) return [];
  const canonical = formatCidr(range);
  const warnings: string[] = [];
  if (range.address.bits !== range.network.bits) {
    const single = `${formatIp(range.address)}/${range.address.family === 'IPv4' ? 32 : 128}`;
    warnings.push(`${path}: CIDR value ${quote(value)} is ambiguous in this context (should be ${quote(canonical)} or ${quote(single)}?)`);
  }
  if (hasLeadingZeros(value) || isMapped(value)) {
    warnings.push(`${path}: non-standard CIDR value ${quote(value)} ${DOOMED}: use ${quote(canonical)}`);
  }
  if (warnings.length === 0 && range.address.family === 'IPv6' && canonical !== value) {
    warnings.push(`${path}: IPv6 CIDR value ${quote(value)} should be in RFC 5952 canonical format (${quote(canonical)})`);
  }
  return warnings;
}
