import type { FindingContext } from '../context';
import { typesInFiles } from './definition-files';
import { definitionKind, typesOf } from './definitions';
import type { KnownTypes } from './known-types';

/** Keeps the custom types equal to the definitions in the workspace, in the files of the settings and in the cluster. */
export function followTypes(context: FindingContext, types: KnownTypes): void {
  const { workspace, cluster, logger } = context;
  /** The kinds that the cluster was asked for, and the answer that findings were last refreshed for. */
  const asked = new Map<string, { apiVersion: string; kind: string; definition: object | undefined }>();
  types.clusterTypes = (apiVersion, kind) => {
    const definition = cluster.definitionOf(apiVersion, kind);
    // A hint may see a new definition before the cluster tells of it: findings still have to hear of it then.
    const key = `${apiVersion} ${kind}`;
    if (!asked.has(key)) asked.set(key, { apiVersion, kind, definition });
    return definition ? typesOf(definition) : [];
  };
  cluster.onDidChange(() => {
    const changed = [...asked.values()].filter((one) => cluster.definitionOf(one.apiVersion, one.kind) !== one.definition);
    for (const one of changed) one.definition = cluster.definitionOf(one.apiVersion, one.kind);
    if (changed.length > 0) context.refreshFindings();
  });
  const inWorkspace = (): void => {
    const { group, kind } = definitionKind;
    const found = workspace.ofKind(group, kind).flatMap(({ value }) => typesOf(value));
    if (types.set('workspace', found)) context.refreshFindings();
  };
  const inSettings = (): void => {
    const found = typesInFiles(context.settings().customResourceDefinitions, workspace.folders[0] ?? '.', logger);
    if (types.set('settings', found)) context.refreshFindings();
  };
  workspace.onDidChange(inWorkspace);
  context.onDidChangeSettings(inSettings);
}
