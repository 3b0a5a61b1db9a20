import * as vscode from 'vscode';
import type { Handler } from '../commands/register';
import { namespaceOf } from '../deploy/manifests';
import { askText, done } from '../objects/ask';
import { type Workbench } from '../workbench';
import { t } from '../words';

/** Runs an image once, as `kubectl run --restart=Never` does. */
export function runCommands({ clusters }: Workbench): Record<string, Handler> {
  return {
    'podium.runPod': async (image?: unknown, command?: unknown) => {
      const { client } = await clusters.connect();
      const reference =
        typeof image === 'string'
          ? image
          : await askText({ title: t`Run a Pod`, prompt: t`Image`, value: 'busybox:latest' });
      const words =
        typeof command === 'string'
          ? command
          : await askText({ title: t`Run a Pod`, prompt: t`Command, or nothing for the image's own` });
      const name = `${baseName(reference)}-${Math.random().toString(36).slice(2, 7)}`;
      const pod = await client.pods.create({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name, namespace: namespaceOf(clusters), labels: { run: name } },
        spec: {
          restartPolicy: 'Never',
          containers: [
            { name: baseName(reference), image: reference, ...(words.trim() && { command: ['sh', '-c', words] }) },
          ],
        },
      });
      done(t`Pod ${name} is made`);
      void vscode.commands.executeCommand('podium.pods.focus').then(undefined, () => {});
      return { apiVersion: 'v1', kind: 'Pod', name, namespace: pod.metadata.namespace ?? '' };
    },
  };
}

/** `ghcr.io/org/tool:1` → `tool` */
function baseName(image: string): string {
  const last = image.split('@')[0]?.split('/').at(-1)?.replace(/:.*$/, '') ?? '';
  return (
    last
      .toLowerCase()
      .replaceAll(/[^a-z0-9-]/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 40) || 'pod'
  );
}
