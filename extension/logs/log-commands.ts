import type { Handler } from '../commands/register';
import { objectFor, podOwners } from '../objects/target';
import { givenContainer } from '../pods/pick';
import type { Workbench } from '../workbench';
import { LogPanel } from './log-panel';
import { t } from '../words';

export function logCommands(workbench: Workbench): Record<string, Handler> {
  return {
    'podium.logs': async (given?: unknown) => {
      const { session, ref } = await objectFor(workbench, given, podOwners, t`Show Logs`);
      return new LogPanel(workbench, session, ref, givenContainer(given));
    },
  };
}
