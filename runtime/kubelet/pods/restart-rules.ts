import type { Container } from '../../api/kinds';

/** Whether a container that ended is started again: its own rules and policy first, then the pod's. */
export function restartsAfter(container: Container, podPolicy: string | undefined, exitCode: number): boolean {
  for (const { action, exitCodes } of container.restartPolicyRules ?? []) {
    if (!exitCodes || action !== 'Restart') continue;
    const listed = (exitCodes.values ?? []).includes(exitCode);
    if (exitCodes.operator === 'In' ? listed : !listed) return true;
  }
  const policy = container.restartPolicy ?? podPolicy ?? 'Always';
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
}
