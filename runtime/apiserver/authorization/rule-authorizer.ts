import type { NonResourceRule, PolicyRule, ResourceRule, RoleRef } from '../../api/kinds';
import type { Authorizer, UserInfo } from '../request';
import type { UserRules } from './rbac';

/** What a user may do in a namespace, as far as it can be told as a list. */
export interface RulesAnswer {
  readonly resourceRules: ResourceRule[];
  readonly nonResourceRules: NonResourceRule[];
  readonly incomplete: boolean;
  readonly evaluationError?: string;
}

/** An authorizer that also knows why: the rules behind its decisions. */
export interface RuleAuthorizer extends Authorizer {
  rulesFor(user: UserInfo, namespace: string): RulesAnswer;
  /** What RBAC grants a user; the user's groups alone decide about superusers and nodes. */
  grantedRules(user: UserInfo, namespace: string): UserRules;
  /** Rules of the role that a binding of this namespace refers to. Throws NotFound. */
  roleRules(ref: RoleRef, namespace: string): readonly PolicyRule[];
}
