import { describe, expect, it } from 'vitest';
import { catalogue } from './catalogue';
import {
  aggregatedDiscovery,
  apiGroup,
  apiGroupList,
  apiResourceList,
  compareVersions,
  storageVersionHash,
} from './discovery';

const resources = catalogue.resources();

describe('discovery', () => {
  it('lists the groups that upstream serves by default, in its order', () => {
    expect(apiGroupList(resources).groups.map((group) => group.name)).toEqual([
      'apiregistration.k8s.io',
      'apps',
      'events.k8s.io',
      'authentication.k8s.io',
      'authorization.k8s.io',
      'autoscaling',
      'batch',
      'certificates.k8s.io',
      'networking.k8s.io',
      'policy',
      'rbac.authorization.k8s.io',
      'storage.k8s.io',
      'admissionregistration.k8s.io',
      'apiextensions.k8s.io',
      'scheduling.k8s.io',
      'coordination.k8s.io',
      'node.k8s.io',
      'discovery.k8s.io',
      'resource.k8s.io',
      'flowcontrol.apiserver.k8s.io',
    ]);
  });

  it('prefers the newest stable version', () => {
    expect(apiGroup(resources, 'autoscaling')).toMatchObject({
      preferredVersion: { groupVersion: 'autoscaling/v2', version: 'v2' },
    });
    expect(apiGroup(resources, 'none')).toBeUndefined();
    expect(['v1alpha1', 'foo', 'v1', 'v2beta1', 'v10', 'v2'].sort(compareVersions)).toEqual([
      'v10',
      'v2',
      'v1',
      'v2beta1',
      'v1alpha1',
      'foo',
    ]);
  });

  it('describes resources and subresources', () => {
    const list = apiResourceList(resources, '', 'v1');
    expect(list).toMatchObject({ kind: 'APIResourceList', groupVersion: 'v1' });
    expect(list?.resources.find((r) => r.name === 'pods')).toEqual({
      name: 'pods',
      singularName: 'pod',
      namespaced: true,
      kind: 'Pod',
      shortNames: ['po'],
      categories: ['all'],
      verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
      storageVersionHash: 'xPOwRZ+Yhw8=',
    });
    expect(list?.resources.find((r) => r.name === 'pods/eviction')).toEqual({
      name: 'pods/eviction',
      singularName: '',
      namespaced: true,
      group: 'policy',
      version: 'v1',
      kind: 'Eviction',
      verbs: ['create'],
    });
    expect(apiResourceList(resources, 'apps', 'v9')).toBeUndefined();
  });

  it('hashes what is stored as upstream does', () => {
    expect(storageVersionHash({ group: 'apps', version: 'v1', kind: 'Deployment' })).toBe('8aSe+NMegvE=');
  });

  it('aggregates', () => {
    const core = aggregatedDiscovery(resources, 'api');
    expect(core).toMatchObject({
      kind: 'APIGroupDiscoveryList',
      apiVersion: 'apidiscovery.k8s.io/v2',
      items: [{ versions: [{ version: 'v1', freshness: 'Current' }] }],
    });
    const apps = aggregatedDiscovery(resources, 'apis', 'v2beta1').items.find(
      (group) => group.metadata.name === 'apps',
    );
    expect(apps?.versions[0]?.resources.find((r) => r.resource === 'deployments')).toMatchObject({
      scope: 'Namespaced',
      responseKind: { group: '', version: '', kind: 'Deployment' },
      singularResource: 'deployment',
      subresources: [
        { subresource: 'scale', responseKind: { group: 'autoscaling', version: 'v1', kind: 'Scale' } },
        { subresource: 'status' },
      ],
    });
  });
});
