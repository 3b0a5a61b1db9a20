import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { check, type GoldenFeature } from './golden';
import { findings, hover } from './printers';

/** Each folder has the inputs of one feature, and beside them what it makes of them. */
const features: Record<string, GoldenFeature> = { hover, checks: findings };

describe.each(Object.entries(features))('%s', (name, feature) => {
  const folder = join(import.meta.dirname, name);
  const inputs = readdirSync(folder).filter((input) => !input.endsWith('.txt'));
  it.each(inputs)('%s', (input) => check(feature, join(folder, input)));
});
