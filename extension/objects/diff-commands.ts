import * as vscode from 'vscode';
import type { UntypedObject } from '../../runtime/api/kinds';
import { isStatusError } from '../../runtime/api/status';
import { toYaml } from '../../runtime/api/yaml';
import { withoutNoise } from '../../runtime/client/operations';
import type { Client } from '../../runtime/client/resource-client';
import type { Handler } from '../commands/register';
import { applyManifest, liveObject } from '../deploy/apply';
import { type Manifest, manifestsToApply, namespaceOf } from '../deploy/manifests';
import { RefusedError } from '../errors';
import type { Workbench } from '../workbench';
import { done } from './ask';
import { showComparison } from './snapshots';
import { t } from '../words';

/** What deploying would change: the live objects beside what the API server would make of them. */
export function diffCommands({ clusters }: Workbench): Record<string, Handler> {
  return {
    'podium.diff': async (given?: unknown) => {
      const { client } = await clusters.connect();
      const manifests = await manifestsToApply(given);
      const sides = await Promise.all(manifests.map((manifest) => compare(client, manifest, namespaceOf(clusters))));
      const changed = sides.filter(({ before, after }) => before !== after);
      if (sides.length === 0) throw new RefusedError(t`There is nothing to compare in this file.`);
      if (changed.length === 0) {
        done(t`The cluster has it as it is written here`);
        return 0;
      }
      const join = (side: 'before' | 'after'): string => changed.map((each) => each[side]).join('---\n');
      const title = changed.length === 1 ? (changed[0]?.title ?? '') : t`${changed.length} objects`;
      await showComparison(
        { name: `${t`in the cluster`}.yaml`, text: join('before') },
        { name: `${t`when deployed`}.yaml`, text: join('after') },
        t`${title}: cluster ↔ deployed`,
      );
      return changed.length;
    },
    'podium.dryRun': async (given?: unknown) => {
      const { client } = await clusters.connect();
      const manifests = await manifestsToApply(given);
      const refused: string[] = [];
      for (const manifest of manifests) {
        const { error } = await dryRun(client, manifest, namespaceOf(clusters));
        if (error) refused.push(error);
      }
      if (refused.length > 0) void vscode.window.showErrorMessage(t`The API server would refuse: ${refused.join('; ')}`);
      else
        void vscode.window.showInformationMessage(t`The API server would take all of it (${manifests.length} objects).`);
      return { taken: manifests.length - refused.length, refused };
    },
  };
}

interface Sides {
  title: string;
  before: string;
  after: string;
}

async function compare(client: Client, manifest: Manifest, namespace: string): Promise<Sides> {
  const { title } = manifest;
  const [live, result] = await Promise.all([
    liveObject(client, manifest, namespace),
    dryRun(client, manifest, namespace),
  ]);
  if (result.error) throw new RefusedError(t`The API server would refuse ${title}: ${result.error}`);
  const text = (value: UntypedObject | undefined): string => (value ? toYaml(withoutNoise(value)) : '');
  return { title, before: text(live), after: text(result.object) };
}

async function dryRun(
  client: Client,
  manifest: Manifest,
  namespace: string,
): Promise<{ object?: UntypedObject; error?: string }> {
  try {
    return { object: await applyManifest(client, manifest, namespace, { dryRun: true }) };
  } catch (error) {
    if (!isStatusError(error)) throw error;
    return { error: error.message };
  }
}
