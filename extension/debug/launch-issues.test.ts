import { describe, expect, it } from 'vitest';
import { debugConfiguration } from './configuration';
import { problemsIn } from './launch-issues';

const text = `{
  // Comments are allowed, and commas at the end.
  "configurations": [
    { "type": "node", "name": "other" },
    {
      "type": "podium",
      "name": "greeter",
      "request": "launch",
      "manifests": "greeter.yaml",
      "build": { "context": 1, "image": "greeter:1" },
      "onStop": "explode",
    },
    { "type": "podium", "name": "short", "request": "launch" },
  ]
}`;

/** `onStop: Invalid option …` as `"explode": onStop: …`. */
function problems(name: string, configuration: object): string[] {
  const issues = debugConfiguration.safeParse({ type: 'podium', name, ...configuration }).error?.issues ?? [];
  return problemsIn(text, name, issues).map(
    ({ offset, length, message }) => `${text.slice(offset, offset + length)} ${message}`,
  );
}

describe('what is wrong with a configuration of launch.json', () => {
  it('stands at the fields', () => {
    const build = { context: 1, image: 'greeter:1' };
    expect(problems('greeter', { request: 'launch', manifests: 'greeter.yaml', build, onStop: 'explode' })).toEqual([
      '"greeter.yaml" manifests: Invalid input: expected array, received string',
      '1 build.context: Invalid input: expected string, received number',
      '"explode" onStop: Invalid option: expected one of "leave"|"delete"',
    ]);
  });

  it('stands at the name where a field is missing', () => {
    expect(problems('short', { request: 'launch' })).toEqual([
      '"short" manifests: Invalid input: expected array, received undefined',
    ]);
  });

  it('is nowhere of a configuration from elsewhere', () => {
    expect(problems('unknown', { request: 'launch' })).toEqual([]);
  });
});
