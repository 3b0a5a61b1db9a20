import type { KubeObject } from '../../runtime/api/kinds';
import { dependentsOf, nameOf, type ObjectRef, resourceOf } from '../../runtime/client/operations';
import type { Session } from '../clusters/session';
import type { Handler } from '../commands/register';
import { withProgress, type Workbench } from '../workbench';
import { confirm, done } from './ask';
import { objectsFor } from './target';
import { t } from '../words';

interface DeleteAnswer {
  /** It was asked elsewhere. */
  confirmed: boolean;
}

/** How many names a question holds. */
const shownNames = 12;

export function deleteCommands(workbench: Workbench): Record<string, Handler> {
  return {
    'podium.delete': async (given?: unknown, selected?: unknown, answer?: DeleteAnswer) => {
      const { session, refs } = await objectsFor(workbench, given, selected, undefined, t`Delete`);
      if (!answer?.confirmed) await confirm(t`Delete ${list(refs)}?`, await preview(session, refs), t`Delete`);
      await withProgress(
        t`Deleting ${list(refs)}`,
        async () => {
          for (const ref of refs) {
            const resource = await resourceOf<KubeObject>(session.client, ref);
            await resource.delete(ref.name, ref.namespace || undefined, { propagationPolicy: 'Background' });
          }
        },
        false,
      );
      done(t`Deleted ${list(refs)}`);
    },
  };
}

/** What goes with them. */
async function preview({ client }: Session, refs: readonly ObjectRef[]): Promise<string> {
  const dependents = (await Promise.all(refs.map((ref) => dependentsOf(client, ref)))).flat();
  if (dependents.length === 0) return t`Nothing else goes with it.`;
  const counts = new Map<string, string[]>();
  for (const { kind, name } of dependents) counts.set(kind, [...(counts.get(kind) ?? []), name]);
  const lines = [...counts].map(([kind, names]) => {
    const more = names.length > shownNames ? ` ${t`and ${names.length - shownNames} more`}` : '';
    return `${kind}: ${names.slice(0, shownNames).join(', ')}${more}`;
  });
  return [t`This goes with it:`, ...lines].join('\n');
}

function list(refs: readonly ObjectRef[]): string {
  return refs.length <= 3 ? refs.map(nameOf).join(', ') : t`${refs.length} objects`;
}
