import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { check, type GoldenFeature, type GoldenOptions } from './golden';
import * as printers from './printers';
import { completion, hierarchy, lenses, navigation, rename, types } from './reference-printers';

/** Each folder has the inputs of one feature, and beside them what it makes of them. */
const features: Record<string, GoldenFeature> = {
  checks: printers.findings,
  completion: printers.completion,
  folding: printers.folding,
  formatting: printers.formatting,
  hierarchy,
  hover: printers.hover,
  lenses,
  links: printers.links,
  names: completion,
  navigation,
  rename,
  selection: printers.selection,
  symbols: printers.symbols,
  tokens: printers.tokens,
  types,
  'workspace-symbols': printers.workspaceSymbols,
  versions: printers.findings,
  'custom-resources': printers.findings,
};

/** By the feature, or by the input of one. */
const options: Record<string, GoldenOptions> = {
  lenses: { initializationOptions: { commands: ['podium.showReferences'] } },
  'older.yaml': { settings: { kubernetesVersion: 'v1.20.4' } },
  'given-definitions': { settings: { customResourceDefinitions: ['crds/**/*.yaml', 'missing.yaml'] } },
};

describe.each(Object.entries(features))('%s', (name, feature) => {
  const folder = join(import.meta.dirname, name);
  const inputs = readdirSync(folder).filter((input) => !input.endsWith('.txt'));
  it.each(inputs)('%s', (input) => check(feature, join(folder, input), options[input] ?? options[name]));
});
