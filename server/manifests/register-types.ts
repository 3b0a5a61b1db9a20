import type { FindingContext } from '../context';
import { typesInFiles } from './definition-files';
import { definitionKind, typesOf } from './definitions';
import type { KnownTypes } from './known-types';

/** Keeps the custom types equal to the definitions in the workspace, in the files of the settings and in the cluster. */
export function followTypes(context: FindingContext, types: KnownTypes): void {
  const { workspace, cluster, logger } = context;
  types.clusterTypes = (apiVersion, kind) => {
    const definition = cluster.definitionOf(apiVersion, kind);
    return definition ? typesOf(definition) : [];
  };
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
