import * as vscode from 'vscode';
import type { Handler } from '../commands/register';
import { askOne } from '../objects/ask';
import { t } from '../words';

interface Template {
  label: string;
  detail: string;
  /** Snippet syntax: `$1` and `${1:name}` are where the cursor goes. */
  body: string;
}

const container =
  '    containers:\n    - name: $1\n      image: ${2:$1:1}\n      ports:\n      - containerPort: ${3:8080}\n' +
  '      resources:\n        requests: { cpu: 100m, memory: 128Mi }\n        limits: { memory: 256Mi }';
const podTemplate = `  selector:\n    matchLabels: { app: $1 }\n  template:\n    metadata:\n      labels: { app: $1 }\n    spec:\n  ${container.replaceAll('\n', '\n  ')}`;

const templates = (): readonly Template[] => [
  {
    label: t`Deployment and Service`,
    detail: t`Replicated pods behind one address`,
    body:
      `apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: \${1:web}\nspec:\n  replicas: \${4:2}\n${podTemplate}\n---\n` +
      'apiVersion: v1\nkind: Service\nmetadata:\n  name: $1\nspec:\n  selector: { app: $1 }\n  ports:\n  - port: 80\n    targetPort: $3\n',
  },
  {
    label: 'Pod',
    detail: t`One pod, and nobody who makes it again`,
    body: `apiVersion: v1\nkind: Pod\nmetadata:\n  name: \${1:web}\nspec:\n${container.replaceAll(/^  /gm, '')}\n`,
  },
  {
    label: 'Job',
    detail: t`Runs once, to the end`,
    body:
      'apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: ${1:task}\nspec:\n  backoffLimit: ${3:3}\n  template:\n    spec:\n      restartPolicy: Never\n' +
      '      containers:\n      - name: $1\n        image: ${2:$1:1}\n',
  },
  {
    label: 'CronJob',
    detail: t`Runs at times`,
    body:
      'apiVersion: batch/v1\nkind: CronJob\nmetadata:\n  name: ${1:task}\nspec:\n  schedule: "${3:0 3 * * *}"\n  jobTemplate:\n    spec:\n      template:\n        spec:\n' +
      '          restartPolicy: Never\n          containers:\n          - name: $1\n            image: ${2:$1:1}\n',
  },
  {
    label: 'ConfigMap',
    detail: t`Settings for pods`,
    body: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${1:settings}\ndata:\n  ${2:key}: ${3:value}\n',
  },
  {
    label: t`StatefulSet and Service`,
    detail: t`Pods with names and volumes that stay theirs`,
    body:
      `apiVersion: v1\nkind: Service\nmetadata:\n  name: \${1:db}\nspec:\n  clusterIP: None\n  selector: { app: $1 }\n  ports:\n  - port: $3\n---\n` +
      `apiVersion: apps/v1\nkind: StatefulSet\nmetadata:\n  name: $1\nspec:\n  serviceName: $1\n  replicas: \${4:3}\n${podTemplate}\n        volumeMounts:\n        - { name: data, mountPath: /data }\n` +
      '  volumeClaimTemplates:\n  - metadata: { name: data }\n    spec:\n      accessModes: [ReadWriteOnce]\n      resources:\n        requests: { storage: 1Gi }\n',
  },
];

export function newManifestCommands(): Record<string, Handler> {
  return {
    'podium.newManifest': async (label?: unknown) => {
      const all = templates();
      const items = all.map((template) => ({ label: template.label, detail: template.detail, value: template }));
      const chosen =
        all.find((template) => template.label === label) ??
        (await askOne(items, t`New Manifest`, t`What it makes`));
      const document = await vscode.workspace.openTextDocument({ language: 'yaml' });
      const editor = await vscode.window.showTextDocument(document);
      await editor.insertSnippet(new vscode.SnippetString(chosen.body));
    },
  };
}
