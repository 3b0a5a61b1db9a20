import { describe, expect, it } from 'vitest';
import { negotiate } from './negotiate';

const table = 'application/json;as=Table;v=v1;g=meta.k8s.io';

describe('what a client accepts', () => {
  it.each([
    [undefined, ['application/json']],
    ['*/*', ['application/json']],
    ['application/json, */*', ['application/json', 'application/json']],
    [`${table},application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json`, ['Table v1', 'Table v1beta1', 'application/json']],
    ['application/vnd.kubernetes.protobuf,application/json', ['application/json']],
    ['application/vnd.kubernetes.protobuf', []],
    ['application/json;q=0.1,application/yaml', ['application/yaml', 'application/json']],
    ['text/html', []],
    ['application/json;as=Nonsense', []],
    ['application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json', ['APIGroupDiscoveryList v2', 'application/json']],
    ['application/json;as=Table;v=v9;g=meta.k8s.io', []],
  ])('%s', (accept, expected) => {
    expect(negotiate(accept).map(({ as, version, mediaType }) => (as ? `${as} ${version}` : mediaType))).toEqual(expected);
  });
});
