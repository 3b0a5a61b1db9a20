import { describe, expect, it } from 'vitest';
import { writtenObject, type WrittenObject } from '../written-object';
import { builtInTypes } from '../../manifests/types';
import { needsOf } from './needs';
import { planWatches } from './plan';

const labels = { app: 'web' };

function written(kind: string, name: string, namespace = 'shop'): WrittenObject {
  const apiVersion = kind === 'Deployment' ? 'apps/v1' : 'v1';
  const spec = kind === 'Deployment' ? { selector: { matchLabels: { app: name } } } : { selector: labels };
  const value = { apiVersion, kind, metadata: { name, namespace }, spec };
  const object = writtenObject(value, builtInTypes.typeOf(apiVersion, kind), 'default');
  if (!object) throw new Error('no name');
  return object;
}

const watched = (...objects: WrittenObject[]): string[] =>
  planWatches(objects.flatMap(needsOf)).map(({ resource, options, trim }) => {
    const name = 'resource' in resource ? resource.resource : resource.kind;
    const { namespace = '*', labelSelector = '', fieldSelector = '' } = options;
    return [namespace, name, labelSelector || fieldSelector || 'all', trim].join(' ');
  });

describe('what is watched', () => {
  it('is an object, its pods, replica sets and events, and nothing else of the cluster', () => {
    expect(watched(written('Deployment', 'web'))).toEqual([
      'shop deployments metadata.name=web whole',
      'shop pods app=web pod',
      'shop replicasets app=web counted',
      'shop events all event',
    ]);
  });

  it('is shared: events of a namespace come once, whoever they are about', () => {
    const events = watched(written('Deployment', 'web'), written('Service', 'web')).filter((text) =>
      text.includes('events'),
    );
    expect(events).toEqual(['shop events all event']);
  });

  it('is one list for many objects of a kind', () => {
    const many = ['a', 'b', 'c', 'd', 'e'].map((name) => written('ConfigMap', name));
    expect(watched(...many)).toEqual(['shop configmaps all whole']);
    expect(watched(...many.slice(0, 4))).toHaveLength(4);
  });

  it('leaves out what others have in the same list', () => {
    const [all] = planWatches(['a', 'b', 'c', 'd', 'e'].flatMap((name) => needsOf(written('ConfigMap', name))));
    expect(all?.matches({ metadata: { name: 'c' } })).toBe(true);
    expect(all?.matches({ metadata: { name: 'other' } })).toBe(false);
  });

  it('keeps an event by the name of what it is about, or of what that made', () => {
    const need = needsOf(written('Deployment', 'web')).at(-1);
    const about = (name: string) => need?.matches({ metadata: {}, involvedObject: { name } } as never);
    expect(['web', 'web-7f9c-x2x4k', 'website', 'other'].map(about)).toEqual([true, true, false, false]);
  });

  it('is nothing for an object whose name the server makes', () => {
    expect(
      writtenObject({ apiVersion: 'v1', kind: 'Pod', metadata: { generateName: 'a-' } }, undefined, 'default'),
    ).toBeUndefined();
  });
});
