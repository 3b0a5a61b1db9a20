import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { check, type GoldenFeature } from './golden';
import { hover } from './printers';
import { completions, definitions, fileFindings, links } from './template-printers';

/** Folders that are workspaces, and what features make of them. */
const features: [folder: string, suffix: string, feature: GoldenFeature][] = [
  ['kustomize/findings', '', fileFindings],
  ['kustomize/writing', '.completion', completions],
  ['kustomize/reading', '.hover', hover],
  ['kustomize/reading', '.definition', definitions],
  ['kustomize/reading', '.links', links],
];

describe.each(features)('%s%s', (name, suffix, feature) => {
  const folder = join(import.meta.dirname, name);
  const inputs = readdirSync(folder).filter((input) => !input.endsWith('.txt'));
  it.each(inputs)('%s', (input) => check(feature, join(folder, input), { suffix }));
});
