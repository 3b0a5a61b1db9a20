import { expect, it } from 'vitest';
import { catalogue } from '../../api/catalogue';
import { localApiServices } from './api-services';

it('names each served group version but its own group\'s, with upstream\'s priorities', () => {
  const custom = { ...catalogue.resources()[0]!, group: 'stable.example.com', version: 'v1' };
  const wanted = localApiServices([...catalogue.resources(), custom]);
  expect([...wanted.keys()].filter((name) => name.includes('apiregistration'))).toEqual([]);
  const summary = (name: string) => {
    const { metadata, spec } = wanted.get(name)!;
    return [spec!.group, spec!.groupPriorityMinimum, spec!.versionPriority, Object.values(metadata.labels!)[0]];
  };
  expect(summary('v1.')).toEqual([undefined, 18000, 1, 'onstart']);
  expect(summary('v1.apps')).toEqual(['apps', 17800, 15, 'onstart']);
  expect(summary('v2.autoscaling')).toEqual(['autoscaling', 17500, 30, 'onstart']);
  expect(summary('v1.stable.example.com')).toEqual(['stable.example.com', 1000, 100, 'true']);
});
