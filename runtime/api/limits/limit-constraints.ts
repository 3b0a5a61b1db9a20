import type { LimitRangeItem } from '../kinds';
import type { Quantity } from '../quantity';
import type { Amounts } from './pod-resources';
import { amountsOf } from './pod-resources';

/** What a LimitRange's item finds wrong with requests and limits, in upstream's words. */
export function checkLimits(item: LimitRangeItem, requests: Amounts, limits: Amounts): string[] {
  return [
    ...each(item.min, (name, bound) => belowMinimum(item.type, name, bound, requests.get(name), limits.get(name))),
    ...each(item.max, (name, bound) => aboveMaximum(item.type, name, bound, requests.get(name), limits.get(name))),
    ...each(item.maxLimitRequestRatio, (name, bound) =>
      aboveRatio(item.type, name, bound, requests.get(name), limits.get(name)),
    ),
  ];
}

/** For claims, which have no limits. */
export function checkRequests(item: LimitRangeItem, requests: Amounts): string[] {
  return [
    ...each(item.min, (name, bound) => belowMinimum(item.type, name, bound, requests.get(name), undefined)),
    ...each(item.max, (name, bound) => {
      const request = requests.get(name);
      const rule = `maximum ${name} usage per ${item.type} is ${bound.toString()}`;
      if (!request) return `${rule}.  No request is specified`;
      return request.compare(bound) > 0 ? `${rule}, but request is ${request.toString()}` : undefined;
    }),
  ];
}

function each(
  bounds: Record<string, string> | undefined,
  check: (name: string, bound: Quantity) => string | undefined,
): string[] {
  return [...amountsOf(bounds)].map(([name, bound]) => check(name, bound)).filter((text) => text !== undefined);
}

function belowMinimum(
  type: string,
  name: string,
  bound: Quantity,
  request: Quantity | undefined,
  limit: Quantity | undefined,
) {
  const rule = `minimum ${name} usage per ${type} is ${bound.toString()}`;
  if (!request) return `${rule}.  No request is specified`;
  if (request.compare(bound) < 0) return `${rule}, but request is ${request.toString()}`;
  return limit && limit.compare(bound) < 0 ? `${rule}, but limit is ${limit.toString()}` : undefined;
}

function aboveMaximum(
  type: string,
  name: string,
  bound: Quantity,
  request: Quantity | undefined,
  limit: Quantity | undefined,
) {
  const rule = `maximum ${name} usage per ${type} is ${bound.toString()}`;
  if (!limit) return `${rule}.  No limit is specified`;
  if (limit.compare(bound) > 0) return `${rule}, but limit is ${limit.toString()}`;
  return request && request.compare(bound) > 0 ? `${rule}, but request is ${request.toString()}` : undefined;
}

function aboveRatio(
  type: string,
  name: string,
  bound: Quantity,
  request: Quantity | undefined,
  limit: Quantity | undefined,
) {
  const rule = `${name} max limit to request ratio per ${type} is ${bound.toString()}`;
  if (!request || request.isZero()) return `${rule}, but no request is specified or request is 0`;
  if (!limit || limit.isZero()) return `${rule}, but no limit is specified or limit is 0`;
  const ratio = limit.toNumber() / request.toNumber();
  return ratio > bound.toNumber() ? `${rule}, but provided ratio is ${ratio.toFixed(6)}` : undefined;
}
