import type { Transport } from '../../client/transport';
import type { Clock } from '../../clock';
import type { AdmissionPlugin, ApiLister } from '../request';
import { defaultTolerationSeconds } from './default-toleration-seconds';
import { namespaceLifecycle } from './namespace-lifecycle';
import { nodeRestriction } from './node-restriction';
import { priority } from './priority';
import { serviceAccount } from './service-account';
import { taintNodesByCondition } from './taint-nodes-by-condition';

export interface AdmissionOptions {
  readonly lister: ApiLister;
  readonly transport: Transport;
  readonly clock: Clock;
  /** How long pods stay on a node that is not ready or unreachable; 300 unless told. */
  readonly defaultTolerationSeconds?: number;
}

/** The plugins that kube-apiserver has on by default, and NodeRestriction, in upstream's order. */
export function createAdmission({ lister, clock, ...options }: AdmissionOptions): AdmissionPlugin[] {
  return [
    namespaceLifecycle(lister),
    serviceAccount(lister, clock),
    nodeRestriction(lister),
    taintNodesByCondition,
    priority(lister),
    defaultTolerationSeconds(options.defaultTolerationSeconds),
  ];
}
