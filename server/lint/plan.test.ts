import { describe, expect, it } from 'vitest';
import { origins, tools } from './origins';
import { makePlan, presets } from './plan';
import { rules, rulesById } from './rules';

const ids = (settings: Parameters<typeof makePlan>[0]) => [...makePlan(settings).active.keys()];

describe('which rules look', () => {
  it('plain mistakes alone, without settings', () => {
    expect(ids({}).sort()).toEqual(
      rules
        .filter(({ recommended }) => recommended)
        .map(({ id }) => id)
        .sort(),
    );
  });

  it('what presets have, less what is off, and what is on besides', () => {
    const active = ids({ enable: ['images'], rules: { 'image-not-pinned': 'off', 'host-pid': 'on' } });
    expect(active).toEqual(['image-tag-moving', 'image-registry-unlisted', 'image-pull-policy-not-always', 'host-pid']);
  });

  it('with severities and options', () => {
    const { active } = makePlan({
      enable: [],
      rules: { 'host-pid': 'error', 'replicas-too-few': { min: 3, severity: 'hint' } },
    });
    expect(active.get('host-pid')?.severity).toBe('error');
    expect(active.get('replicas-too-few')).toMatchObject({ severity: 'hint', options: { min: 3 } });
  });

  it('says what it does not understand', () => {
    const { problems, active } = makePlan({
      enable: ['recommend', 'securty'],
      rules: { 'image-tag-latest': 'on', 'replicas-too-few': { min: 'many' }, 'host-pid': { min: 1 } },
    });
    expect(problems.map(({ path, message }) => `${path.join('.')}: ${message}`)).toMatchInlineSnapshot(`
      [
        "enable.0: there is no preset "recommend": is "recommended" meant?",
        "enable.1: there is no preset "securty": is "security" meant?",
        "rules.image-tag-latest: there is no rule "image-tag-latest": is "image-tag-moving" meant?",
        "rules.replicas-too-few.min: rule "replicas-too-few": min: Invalid input: expected number, received string",
        "rules.host-pid: rule "host-pid": Unrecognized key: "min"",
      ]
    `);
    expect(active.get('replicas-too-few')?.options).toEqual({ min: 2 });
  });

  it('each tool has a preset of its defaults', () => {
    for (const tool of tools) expect(ids({ enable: [tool] }).length).toBeGreaterThan(20);
    expect(presets.size).toBe(15);
  });
});

describe('the checks of other tools', () => {
  it('lead to rules that are there', () => {
    const wanted = new Set(origins.flatMap((origin) => origin.rules ?? []));
    expect([...wanted].filter((id) => !rulesById.has(id))).toEqual([]);
  });

  it('are all that the tools have on by default, and more', () => {
    const count = (tool: string) => origins.filter((origin) => origin.tool === tool).length;
    expect([count('kube-linter'), count('kube-score'), count('polaris')]).toEqual([86, 39, 44]);
  });
});

it('every rule says what it is, and is named like the others', () => {
  expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length);
  for (const { id, title, why, repair } of rules) {
    expect(id).toMatch(/^[a-z]+(-[a-z]+)+$/);
    expect(title).toMatch(/^\S.*[^.]$/);
    expect(why, id).toMatch(/[.:)]$/);
    expect(repair, id).toMatch(/[.)]$/);
  }
});
