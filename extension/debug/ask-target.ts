import type { Target } from '../../runtime/client/pods/target';
import { objectFor, podOwners } from '../objects/target';
import { targetOf } from '../pods/pick';
import type { Workbench } from '../workbench';

export async function askDebugTarget(workbench: Workbench, given?: unknown): Promise<Target> {
  const { ref } = await objectFor(workbench, given, podOwners, 'Debug');
  return targetOf(ref);
}
