import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadChart, manifestsOf, placeOf, printManifests, renderChart, setValues } from '../../runtime/api/helm';
import type { RenderedFile } from '../../runtime/api/helm';
import { diskFiles } from '../../runtime/client/disk-files';

const folder = join(__dirname, 'charts');
const charts = readdirSync(folder).filter((name) => statSync(join(folder, name)).isDirectory());

function render(name: string, values: Record<string, unknown> = {}): RenderedFile[] {
  return renderChart(loadChart(diskFiles, join(folder, name)), {
    files: diskFiles,
    values,
    release: { name: 'demo', namespace: 'default' },
    now: () => new Date(0),
    random: () => 0.5,
  });
}

const textOf = ({ chunks }: RenderedFile): string => chunks.map(({ text }) => text).join('');

describe('charts are rendered as helm template does it', () => {
  it.each(charts)('%s', async (name) => {
    const files = render(name);
    expect(files.flatMap(({ error }) => error?.message ?? [])).toEqual([]);
    await expect(printManifests(manifestsOf(files))).toMatchFileSnapshot(join(folder, `${name}.yaml`));
  });

  it('a subchart is there when its condition holds', () => {
    const names = (values: Record<string, unknown>) => render('library', values).map(({ name }) => name);
    expect(names({})).not.toContain('cache/charts/metrics/templates/service.yaml');
    expect(names(setValues({}, 'metrics.enabled=true'))).toContain('cache/charts/metrics/templates/service.yaml');
  });

  it('every character comes from a place in the template', () => {
    for (const file of render('created')) {
      const text = textOf(file);
      for (let offset = 0; offset < text.length; offset++) {
        const place = placeOf(file, offset)!;
        if (place.start === place.end) expect(file.text[place.start]).toBe(text[offset]);
        else expect(file.text.slice(place.start, place.end)).toMatch(/^\{\{.*\}\}$/s);
      }
    }
  });

  it('an error costs its own file alone', () => {
    const files = render('created', { image: null });
    expect(files.filter(({ error }) => error).map(({ name }) => name)).toEqual(['web/templates/deployment.yaml']);
    expect(files.find(({ error }) => error)?.error?.problem).toBe('nil pointer evaluating interface {}.repository');
  });
});

describe('--set', () => {
  it.each([
    ['a=1,b=x', { a: 1n, b: 'x' }],
    ['a.b.c=true', { a: { b: { c: true } } }],
    ['a[0].b=x,a[1].b=y', { a: [{ b: 'x' }, { b: 'y' }] }],
    ['a={x,y}', { a: ['x', 'y'] }],
    ['a.b\\.c=1\\,2', { a: { 'b.c': '1,2' } }],
    ['a=null', { a: null }],
    ['a=007', { a: '007' }],
  ])('%s', (expression, values) => {
    expect(setValues({}, expression)).toEqual(values);
  });
});
