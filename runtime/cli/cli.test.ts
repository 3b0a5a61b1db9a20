import { describe, expect, it } from 'vitest';
import { matchResources, resourceArguments, type ServedResource } from './resource-args';
import { printTable } from './table-printer';

const served = (resource: string, singular: string, kind: string, group = '', shortNames: string[] = [], categories: string[] = []): ServedResource =>
  ({ group, version: 'v1', resource, singular, kind, namespaced: true, shortNames, categories });
const all = [
  served('pods', 'pod', 'Pod', '', ['po'], ['all']),
  served('services', 'service', 'Service', '', ['svc'], ['all']),
  served('deployments', 'deployment', 'Deployment', 'apps', ['deploy'], ['all']),
  served('secrets', 'secret', 'Secret'),
];

describe('resource arguments', () => {
  it.each([
    ['po', ['pods']],
    ['Pod,svc', ['pods', 'services']],
    ['deploy.apps', ['deployments']],
    ['all', ['pods', 'services', 'deployments']],
  ])('%s', (argument, resources) => {
    expect(matchResources(argument, all).map(({ resource }) => resource)).toEqual(resources);
  });

  it('come as TYPE NAME… or TYPE/NAME…', () => {
    const text = (...args: string[]) => resourceArguments(args, all).map(({ resource, name }) => `${resource.resource}/${name ?? '*'}`);
    expect(text('pods', 'a', 'b')).toEqual(['pods/a', 'pods/b']);
    expect(text('deploy/web', 'svc/web')).toEqual(['deployments/web', 'services/web']);
    expect(text('po')).toEqual(['pods/*']);
    expect(() => text('widgets')).toThrow('the server doesn\'t have a resource type "widgets"');
    expect(() => text('pods', 'deploy/web')).toThrow('no need to specify a resource type');
  });
});

describe('tables', () => {
  const table = {
    columnDefinitions: [{ name: 'Name' }, { name: 'Ready' }, { name: 'Node', priority: 1 }],
    rows: [{ cells: ['web', '1/1', 'node-1'], object: { metadata: { namespace: 'shop' } } }, { cells: ['a-longer-name', '0/1', null], object: { metadata: { namespace: 'x' } } }],
  };

  it('are padded as kubectl pads them', () => {
    expect(printTable(table)).toBe('NAME            READY\nweb             1/1\na-longer-name   0/1\n');
    expect(printTable(table, { wide: true, withNamespace: true })).toBe(
      'NAMESPACE   NAME            READY   NODE\nshop        web             1/1     node-1\nx           a-longer-name   0/1     <none>\n',
    );
    expect(printTable(table, { kindPrefix: 'pod' })).toBe('NAME                READY\npod/web             1/1\npod/a-longer-name   0/1\n');
  });
});
