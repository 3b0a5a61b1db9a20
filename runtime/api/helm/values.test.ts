import { expect, it } from 'vitest';
import type { GoMap } from '../go-template/values';
import type { Chart, Dependency } from './chart';
import { chartValues } from './values';

const chart = (name: string, values: GoMap, dependencies: Dependency[] = [], charts: Chart[] = []): Chart => ({
  name, values, dependencies, charts, folder: '/', metadata: {}, templates: [], crds: [], isLibrary: false,
  schema: null, packed: [],
});

const child = chart('child', { exports: { data: { port: 80, host: 'a' } }, deep: { inner: { x: 1, y: 2 } } });
const imports = ['data', { child: 'deep.inner', parent: 'got.here' }, { child: 'missing', parent: 'got' }, 'missing'];

it('import-values takes over what a child exports, below what the parent says itself', () => {
  const parent = chart('parent', { host: 'mine' }, [{ name: 'child', 'import-values': imports }], [child]);
  const { port, host, got } = chartValues(parent, { got: { here: { y: 3 } } });
  expect({ port, host, got }).toEqual({ port: 80, host: 'mine', got: { here: { x: 1, y: 3 } } });
});

it('imports nothing of a dependency that is off, and by its alias of one that has one', () => {
  const dependency = { name: 'child', alias: 'two', condition: 'two.enabled', 'import-values': imports };
  const parent = chart('parent', { two: { enabled: false } }, [dependency], [child]);
  expect(chartValues(parent, {})['port']).toBeUndefined();
  expect(chartValues(parent, { two: { enabled: true } })['port']).toBe(80);
});
