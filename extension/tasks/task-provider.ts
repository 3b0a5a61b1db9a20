import * as vscode from 'vscode';
import type { Workbench } from '../workbench';
import { t } from '../words';

/** As `tasks.json` names it; package.json's `taskDefinitions` says the same. */
interface PodiumTask extends vscode.TaskDefinition {
  type: 'podium';
  /** `lint`, `apply`, `up` … */
  command: string;
  args?: string[];
}

interface Offered {
  name: string;
  definition: PodiumTask;
  group?: vscode.TaskGroup;
}

const offered = (): readonly Offered[] => [
  {
    name: t`lint the workspace`,
    definition: { type: 'podium', command: 'lint', args: ['.'] },
    group: vscode.TaskGroup.Test,
  },
  { name: t`start the cluster`, definition: { type: 'podium', command: 'up', args: ['--wait'] } },
  { name: t`stop the cluster`, definition: { type: 'podium', command: 'down', args: ['--keep'] } },
];

/** Commands of which the cluster's name is an option. */
const ofCluster = new Set([
  'up',
  'down',
  'status',
  'apply',
  'get',
  'delete',
  'logs',
  'exec',
  'port-forward',
  'nodes',
  'dev',
]);

/** The bundled `podium` as tasks of the editor: its findings land in the Problems view by the matcher `$podium`. */
export function registerTasks({ podium }: Workbench): vscode.Disposable {
  const taskOf = (
    name: string,
    definition: PodiumTask,
    scope: vscode.WorkspaceFolder | vscode.TaskScope,
  ): vscode.Task => {
    const { command, args = [] } = definition;
    const cluster = ofCluster.has(command) && !args.includes('--name') ? ['--name', podium.clusterName] : [];
    const execution = new vscode.ProcessExecution(process.execPath, [podium.program, command, ...cluster, ...args], {
      env: podium.environment,
    });
    return new vscode.Task(definition, scope, name, 'podium', execution, '$podium');
  };
  return vscode.tasks.registerTaskProvider('podium', {
    provideTasks: () =>
      (vscode.workspace.workspaceFolders ?? []).flatMap((folder) =>
        offered().map(({ name, definition, group }) => {
          const task = taskOf(name, definition, folder);
          if (group) task.group = group;
          return task;
        }),
      ),
    resolveTask({ definition, scope, name }: vscode.Task): vscode.Task | undefined {
      const { command, args } = definition as Partial<PodiumTask>;
      if (typeof command !== 'string' || (args !== undefined && !isWords(args))) return undefined;
      const folder = typeof scope === 'object' ? scope : vscode.TaskScope.Workspace;
      return taskOf(name, definition as PodiumTask, folder);
    },
  });
}

function isWords(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}
