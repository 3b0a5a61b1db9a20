import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { documentFiles } from './docs-files';
import { presets } from './plan';
import { rules } from './rules';

const root = join(__dirname, '../..');
const files = documentFiles(root);

it('the pages are what the rules say: "node scripts/rule-docs.mjs" writes them', () => {
  const changed = [...files].filter(([path, text]) => readFileSync(join(root, path), 'utf8') !== text);
  expect(changed.map(([path]) => path)).toEqual([]);
  const pages = [...files.keys()].filter((path) => path.startsWith('docs/rules/'));
  expect(
    readdirSync(join(root, 'docs/rules'))
      .map((name) => `docs/rules/${name}`)
      .sort(),
  ).toEqual(pages.sort());
});

it('the settings of package.json name the presets and rules that there are', () => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    contributes: { configuration: { properties: Record<string, Record<string, { enum?: string[] }>> } };
  };
  const { properties } = manifest.contributes.configuration;
  expect(properties['podium.lint.enable']?.items?.enum).toEqual([...presets.keys()]);
  expect(properties['podium.lint.rules']?.propertyNames?.enum).toEqual(rules.map(({ id }) => id));
});

it('every check of other linters leads somewhere', () => {
  const table = files.get('docs/rules/README.md')?.split('# The checks of other linters')[1];
  expect(table).toMatch(/\| `latest-tag` \| \[image-tag-moving\]/);
  expect(table).not.toMatch(/\| +\|$/m);
});
