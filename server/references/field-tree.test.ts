import { describe, expect, it } from 'vitest';
import { places } from './field-tree';

const at = (value: unknown, pattern: string) => places(value, pattern).map((place) => place.at.join('/'));

describe('places of a pattern', () => {
  const value = {
    spec: { ports: [{ name: 'a' }, null, { name: 'b' }], other: [{ name: 'c' }] },
    metadata: { annotations: { 'example.com/a.b': 'x' } },
  };

  it('goes through every item of a list', () => {
    expect(at(value, 'spec.ports[].name')).toEqual(['spec/ports/0/name', 'spec/ports/2/name']);
  });

  it('takes each alternative, nested ones too', () => {
    expect(at(value, 'spec.{ports,{other,none}}[].name')).toEqual(['spec/ports/0/name', 'spec/ports/2/name', 'spec/other/0/name']);
  });

  it('takes a key that holds dots', () => {
    expect(at(value, 'metadata.annotations[example.com/a.b]')).toEqual(['metadata/annotations/example.com/a.b']);
  });

  it.each([[null], [5], [{ spec: 'text' }], [{ spec: { ports: {} } }], [{ spec: { ports: 'abc' } }]])(
    'finds nothing in %j',
    (odd) => {
      expect(at(odd, 'spec.ports[].name')).toEqual([]);
    },
  );
});
