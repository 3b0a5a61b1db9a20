import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { check, type GoldenFeature } from './golden';
import { LanguageClient } from './language-client';
import { hover } from './printers';
import { completions, definitions, fileFindings, links, references, renames } from './template-printers';

/** Folders that are workspaces, and what features make of them. */
const features: [folder: string, suffix: string, feature: GoldenFeature][] = [
  ['kustomize/findings', '', fileFindings],
  ['kustomize/writing', '.completion', completions],
  ['kustomize/reading', '.hover', hover],
  ['kustomize/reading', '.definition', definitions],
  ['kustomize/reading', '.links', links],
  ['helm/findings', '', fileFindings],
  ['helm/writing', '.completion', completions],
  ['helm/reading', '.hover', hover],
  ['helm/reading', '.definition', definitions],
  ['helm/reading', '.references', references],
  ['helm/reading', '.rename', renames],
];

describe.each(features)('%s%s', (name, suffix, feature) => {
  const folder = join(import.meta.dirname, name);
  const inputs = readdirSync(folder).filter((input) => !input.endsWith('.txt'));
  it.each(inputs)('%s', (input) => check(feature, join(folder, input), { suffix }));
});

describe('every beginning of a text is answered', () => {
  it.each([
    ['helm/findings/created', 'templates/deployment.yaml', 61],
    ['helm/findings/library', 'charts/common/templates/_names.tpl', 101],
    ['kustomize/findings/overlays', 'prod/kustomization.yaml', 17],
    ['kustomize/findings/overlays', 'prod/memory.yaml', 17],
  ])('%s/%s', async (name, file, step) => {
    const folder = join(import.meta.dirname, name);
    const client = await LanguageClient.inProcess({ pull: true, folder });
    try {
      const path = join(folder, file);
      const uri = pathToFileURL(path).href;
      const text = readFileSync(path, 'utf8').replaceAll(/[§⟦⟧]/g, '');
      await client.open(uri, '');
      for (let length = 1; length < text.length; length += step) {
        const prefix = text.slice(0, length);
        await client.replace(uri, length, prefix);
        const lines = prefix.split('\n');
        for (const { range } of await client.pull(uri)) {
          expect(range.end.line).toBeLessThan(lines.length);
          expect(range.end.character).toBeLessThanOrEqual((lines[range.end.line] ?? '').length);
        }
        const position = { line: lines.length - 1, character: lines.at(-1)!.length };
        for (const method of ['completion', 'hover', 'definition']) {
          await client.request(`textDocument/${method}`, { textDocument: { uri }, position });
        }
      }
    } finally {
      await client.stop();
    }
  });
});
