import type { ResourceV1ResourceClaim, ResourceClaimSpec, ResourceClaimTemplate } from '../generated/types';
import { fill, fillEmpty } from './fill';

type DeviceRequest = NonNullable<NonNullable<ResourceClaimSpec['devices']>['requests']>[number];
type Allocation = Pick<NonNullable<DeviceRequest['exactly']>, 'allocationMode' | 'count' | 'tolerations'>;

function defaultAllocation(request: Allocation): void {
  fillEmpty(request, 'allocationMode', 'ExactCount');
  if (request.allocationMode === 'ExactCount') fillEmpty(request, 'count', 1);
  for (const toleration of request.tolerations ?? []) fill(toleration, 'operator', 'Equal');
}

function defaultClaimSpec(spec: ResourceClaimSpec | undefined): void {
  for (const request of spec?.devices?.requests ?? []) {
    if (request.exactly) defaultAllocation(request.exactly);
    request.firstAvailable?.forEach(defaultAllocation);
  }
}

export function defaultResourceClaim({ spec }: ResourceV1ResourceClaim): void {
  defaultClaimSpec(spec);
}

export function defaultResourceClaimTemplate({ spec }: ResourceClaimTemplate): void {
  defaultClaimSpec(spec?.spec);
}
