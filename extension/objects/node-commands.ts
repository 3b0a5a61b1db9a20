import { cordon, drain, type DrainOptions, evict, OperationError } from '../../runtime/client/operations';
import type { Handler } from '../commands/register';
import { withProgress, type Workbench } from '../workbench';
import { confirm, done } from './ask';
import { nodeTargets, objectFor, objectsFor, podKinds } from './target';
import { t } from '../words';

/** Of nodes: what may run on them; of pods: that they go elsewhere. */
export function nodeCommands(workbench: Workbench): Record<string, Handler> {
  const setCordon =
    (title: string, unschedulable: boolean): Handler =>
    async (given?: unknown, selected?: unknown) => {
      const { session, refs } = await objectsFor(workbench, given, selected, nodeTargets, title);
      for (const { name } of refs) await cordon(session.client, name, unschedulable);
      done(`${refs.map(({ name }) => name).join(', ')}: ${unschedulable ? t`no new pods` : t`takes pods again`}`);
    };
  return {
    'podium.cordon': setCordon(t`Cordon`, true),
    'podium.uncordon': setCordon(t`Uncordon`, false),
    'podium.drain': async (given?: unknown, options?: DrainOptions) => {
      const { session, ref } = await objectFor(workbench, given, nodeTargets, t`Drain`);
      const run = (chosen: DrainOptions): Promise<void> =>
        withProgress(t`Draining ${ref.name}`, async (step, token) => {
          const ending = new AbortController();
          token.onCancellationRequested(() => ending.abort());
          await drain(session.client, ref.name, { ...chosen, onStep: step, signal: ending.signal });
        });
      try {
        await run(options ?? {});
      } catch (error) {
        if (options || !(error instanceof OperationError)) throw error;
        await confirm(t`Drain ${ref.name} all the same?`, error.message, t`Drain and Lose Them`);
        await run({ force: true, deleteEmptyDirData: true });
      }
      done(t`${ref.name} is drained`);
    },
    'podium.evict': async (given?: unknown, selected?: unknown) => {
      const { session, refs } = await objectsFor(workbench, given, selected, podKinds, t`Evict`);
      for (const { namespace, name } of refs) await evict(session.client, { namespace, name });
      done(t`Evicted ${refs.map(({ name }) => name).join(', ')}`);
    },
  };
}
