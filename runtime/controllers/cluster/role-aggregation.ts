import { selectorFromLabelSelector } from '../../api/labels';
import type { ClusterRole, Live, PolicyRule } from '../../api/kinds';
import type { Informer } from '../../client/client';
import { ControllerBase } from '../kit/context';
import type { Context, StartController } from '../kit/context';
import { semanticEqual } from '../kit/equality';
import type { Loop } from '../kit/loop';
import { resources } from '../kit/resources';

/** The rules of every role that one of the selectors matches, by name of role, each rule once. */
export function aggregatedRules(role: Live<ClusterRole>, roles: readonly Live<ClusterRole>[]): PolicyRule[] {
  const selectors = (role.aggregationRule?.clusterRoleSelectors ?? []).map((selector) => selectorFromLabelSelector(selector));
  const rules: PolicyRule[] = [];
  for (const other of [...roles].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))) {
    if (other.metadata.name === role.metadata.name || !selectors.some((selector) => selector.matches(other.metadata.labels ?? {}))) continue;
    for (const rule of other.rules ?? []) if (!rules.some((known) => semanticEqual(known, rule))) rules.push(rule);
  }
  return rules;
}

class RoleAggregationController extends ControllerBase {
  private readonly roles: Informer<ClusterRole>;
  private readonly queue: Loop;

  constructor(context: Context) {
    super(context);
    this.queue = this.loop({ name: 'clusterrole-aggregation-controller', reconcile: (name) => this.reconcile(name) });
    this.roles = this.read<ClusterRole>(resources.clusterRoles);
    this.watchAll<ClusterRole>(resources.clusterRoles, () => {
      for (const role of this.roles.list()) if (role.aggregationRule) this.queue.add(role.metadata.name);
    });
  }

  private async reconcile(name: string): Promise<void> {
    const role = this.roles.get(name);
    if (!role?.aggregationRule) return;
    const rules = aggregatedRules(role, this.roles.list());
    if (!semanticEqual(rules, role.rules)) await this.context.client.resource<ClusterRole>(resources.clusterRoles).update({ ...role, rules });
  }
}

export const startRoleAggregation: StartController = (context) => new RoleAggregationController(context).start();
