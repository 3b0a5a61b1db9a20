import { readFileSync } from 'node:fs';
import { startAgent } from '../../node/agent';
import { nodeJoin } from '../../node/join';
import { UserError } from '../output';
import { componentLogger, runUntilSignal } from './process';

export async function runNode({ nodeConfig }: { nodeConfig: string }): Promise<void> {
  const parsed = nodeJoin.safeParse(JSON.parse(readFileSync(nodeConfig, 'utf8')));
  if (!parsed.success) throw new UserError(`${nodeConfig}: ${parsed.error.issues[0]?.path.join('.')}: ${parsed.error.issues[0]?.message}`);
  const agent = await startAgent(parsed.data, componentLogger('kubelet'));
  await runUntilSignal(() => agent.stop());
}
