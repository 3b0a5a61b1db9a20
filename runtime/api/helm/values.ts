import { deepCopy } from './sprig-data';
import { getKey, isMap, isNil, isTrue } from '../go-template/values';
import type { GoMap } from '../go-template/values';
import { setKey } from '../patch/json';
import { ValueError } from '../go-template';
import type { Chart, Dependency } from './chart';

/** `base` with what `over` has; a null takes a key away. */
export function mergeValues(base: GoMap, over: GoMap): GoMap {
  const out = deepCopy(base);
  for (const [key, value] of Object.entries(over)) {
    const own = getKey(out, key);
    if (isNil(value)) delete out[key];
    else setKey(out, key, isMap(own) && isMap(value) ? mergeValues(own, value) : deepCopy(value));
  }
  return out;
}

/** A chart's values: its own defaults under those that are given, and the same for its subcharts. */
export function chartValues(chart: Chart, given: GoMap): GoMap {
  const values = mergeValues(chart.values, given);
  for (const { chart: sub, key } of subchartsOf(chart, values)) {
    const own = getKey(values, key);
    const global = mergeValues(asMap(getKey(asMap(own), 'global')), asMap(getKey(values, 'global')));
    const below = { ...asMap(own), ...(Object.keys(global).length > 0 && { global }) };
    setKey(values, key, chartValues(sub, below));
  }
  return mergeValues(importedValues(chart, values), values);
}

/** What dependencies give their parent by `import-values`; what the parent says itself counts more. */
function importedValues(chart: Chart, values: GoMap): GoMap {
  const keys = new Set(subchartsOf(chart, values).map(({ key }) => key));
  const own = chart.dependencies.filter(({ name, alias }) => keys.has(alias ?? name));
  return own.reduce<GoMap>((all, dependency) => {
    const from = asMap(getKey(values, dependency.alias ?? dependency.name));
    return importsOf(dependency).reduce((into, { child, parent }) => {
      const found = stepsOf(child).reduce<unknown>((at, key) => getKey(asMap(at), key), from);
      return isMap(found) ? mergeValues(into, nested(stepsOf(parent), found)) : into;
    }, all);
  }, {});
}

/** A name means what is below the child's `exports`, and goes to the top. */
function importsOf(dependency: Dependency): { child: string; parent: string }[] {
  return (dependency['import-values'] ?? []).flatMap((entry) => {
    if (typeof entry === 'string') return [{ child: `exports.${entry}`, parent: '.' }];
    return isMap(entry) ? [{ child: String(entry['child'] ?? ''), parent: String(entry['parent'] ?? '') }] : [];
  });
}

const stepsOf = (path: string): string[] => path.split('.').filter(Boolean);

const nested = (steps: readonly string[], value: GoMap): GoMap =>
  steps.reduceRight<GoMap>((below, key) => ({ [key]: below }), value);

const asMap = (value: unknown): GoMap => (isMap(value) ? value : {});

/** The subcharts that are switched on, by the key of their values: the alias, or the name. */
export function subchartsOf(chart: Chart, values: GoMap): { chart: Chart; key: string }[] {
  return chart.charts.flatMap((sub) => {
    const entries = chart.dependencies.filter(({ name }) => name === sub.name);
    if (entries.length === 0) return [{ chart: sub, key: sub.name }];
    return entries
      .filter((entry) => isEnabled(entry, values))
      .map(({ alias }) => ({ chart: sub, key: alias ?? sub.name }));
  });
}

function isEnabled({ condition, tags = [] }: Dependency, values: GoMap): boolean {
  for (const path of (condition ?? '').split(',').map((each) => each.trim())) {
    const value =
      path && path.split('.').reduce<unknown>((at, key) => (isMap(at) ? getKey(at, key) : undefined), values);
    if (typeof value === 'boolean') return value;
  }
  const known = tags
    .map((tag) => getKey(asMap(getKey(values, 'tags')), tag))
    .filter((value) => typeof value === 'boolean');
  return known.length === 0 || known.some(isTrue);
}

/** `--set a.b=1,c[0]=x` into values, as helm reads it. Throws `ValueError`. */
export function setValues(values: GoMap, expression: string, asText = false): GoMap {
  let out = values;
  for (const part of splitUnescaped(expression, ',')) {
    const [path = '', ...rest] = splitUnescaped(part, '=');
    if (rest.length === 0) throw new ValueError(`key ${JSON.stringify(part)} has no value`);
    out = setAt(out, pathSteps(path), typed(rest.join('='), asText)) as GoMap;
  }
  return out;
}

/** At separators that are neither escaped nor between braces. */
function splitUnescaped(text: string, separator: string): string[] {
  const parts: string[] = [];
  let part = '';
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (char === '\\' && i + 1 < text.length) part += char + text[++i]!;
    else if (char === separator && depth === 0) {
      parts.push(part);
      part = '';
    } else {
      if (char === '{') depth++;
      if (char === '}') depth--;
      part += char;
    }
  }
  return [...parts, part];
}

const unescape = (text: string): string => text.replaceAll(/\\(.)/g, '$1');

function pathSteps(path: string): (string | number)[] {
  return splitUnescaped(path, '.').flatMap((step) => {
    const indices = [...step.matchAll(/\[(\d+)\]/g)].map(([, index]) => Number(index));
    if (indices.some((index) => index > 65_536))
      throw new ValueError(`index is greater than maximum supported index: 65536`);
    const name = step.replaceAll(/\[\d+\]/g, '');
    return name === '' && indices.length > 0 ? indices : [unescape(name), ...indices];
  });
}

function typed(text: string, asText: boolean): unknown {
  if (/^\{.*\}$/s.test(text))
    return text.slice(1, -1) === '' ? [] : splitUnescaped(text.slice(1, -1), ',').map((item) => typed(item, asText));
  const value = unescape(text);
  if (asText) return value;
  if (value === 'true' || value === 'false') return value === 'true';
  if (value === 'null') return null;
  if (value === '0') return 0n;
  return /^-?[1-9]\d*$/.test(value) ? BigInt(value) : value;
}

function setAt(root: unknown, [step, ...rest]: readonly (string | number)[], value: unknown): unknown {
  if (step === undefined) return value;
  if (typeof step === 'number') {
    const items: unknown[] = Array.isArray(root) ? [...(root as unknown[])] : [];
    while (items.length < step) items.push(null);
    items[step] = setAt(items[step], rest, value);
    return items;
  }
  const map = { ...asMap(root) };
  setKey(map, step, setAt(getKey(map, step), rest, value));
  return map;
}
