import type { CertificateSigningRequest } from '../../../api/kinds';
import type { UntypedObject } from '../../../api/object';
import { GenericStrategy } from '../strategy';
import type { StrategyContext } from '../strategy';

type Condition = NonNullable<NonNullable<CertificateSigningRequest['status']>['conditions']>[number];

/** pkg/registry/certificates/certificates/strategy.go: who made a request is not for its maker to say. */
export class CertificateSigningRequestStrategy extends GenericStrategy {
  override prepareForCreate(object: UntypedObject, context: StrategyContext): void {
    super.prepareForCreate(object, context);
    object['status'] = {};
    const request = object as unknown as CertificateSigningRequest;
    const { username: _username, uid: _uid, groups: _groups, extra: _extra, ...spec } = request.spec;
    const { name, uid, groups, extra = {} } = context.user;
    const copied = Object.entries(extra).map(([key, values]) => [key, [...values]]);
    request.spec = {
      ...spec, username: name, ...(uid && { uid }), ...(groups.length > 0 && { groups: [...groups] }),
      ...(copied.length > 0 && { extra: Object.fromEntries(copied) as Record<string, string[]> }),
    };
  }

  override prepareForUpdate(object: UntypedObject, old: UntypedObject, context: StrategyContext): void {
    super.prepareForUpdate(object, old, context);
    object['spec'] = old['spec'];
  }

  /** Approval and denial are given through the approval subresource alone. */
  override prepareForStatusUpdate(object: UntypedObject, old: UntypedObject, context: StrategyContext): void {
    super.prepareForStatusUpdate(object, old, context);
    const request = object as unknown as CertificateSigningRequest;
    const decided = ({ type }: Condition) => type === 'Approved' || type === 'Denied';
    const kept = ((old as unknown as CertificateSigningRequest).status?.conditions ?? []).filter(decided);
    const given = (request.status?.conditions ?? []).filter((condition) => !decided(condition));
    setConditions(request, old as unknown as CertificateSigningRequest, [...kept, ...given], context.now);
  }

  prepareForApproval(object: UntypedObject, old: UntypedObject, { now }: StrategyContext): void {
    const request = object as unknown as CertificateSigningRequest;
    const before = old as unknown as CertificateSigningRequest;
    const given = request.status?.conditions ?? [];
    object['spec'] = old['spec'];
    request.status = { ...before.status };
    setConditions(request, before, given, now);
  }
}

/** Times that the client left out: a condition that was there before keeps when it began. */
function setConditions(
  request: CertificateSigningRequest, old: CertificateSigningRequest, conditions: readonly Condition[], now: string,
): void {
  request.status ??= {};
  if (conditions.length === 0) return void delete request.status.conditions;
  request.status.conditions = conditions.map((condition) => {
    const same = ({ type, status }: Condition) => type === condition.type && status === condition.status;
    const before = old.status?.conditions?.find(same);
    return {
      ...condition,
      lastUpdateTime: condition.lastUpdateTime ?? now,
      lastTransitionTime: condition.lastTransitionTime ?? before?.lastTransitionTime ?? now,
    };
  });
}
