import { describe, expect, it } from 'vitest';
import { parseFieldSelector } from './fields';
import { parseSelector, selectorFromLabelSelector, selectorFromMap, SelectorError } from './labels';

describe('parseSelector', () => {
  const accepted: readonly [string, string][] = [
    ['', ''], [' ', ''], ['a=b', 'a=b'], ['a==b', 'a==b'], ['a!=b', 'a!=b'], ['a', 'a'], ['!a', '!a'], ['a=', 'a='],
    ['z=1,a=2', 'a=2,z=1'], ['a in (y,x)', 'a in (x,y)'], ['a notin (x)', 'a notin (x)'],
    ['a in (,)', 'a in ()'], ['a in (,x)', 'a in (,x)'], ['in in (in)', 'in in (in)'], ['a>1', 'a>1'], ['a < 1', 'a<1'],
    ['example.com/a = b , !c', '!c,example.com/a=b'],
  ];
  it.each(accepted)('reads %j as %j', (text, expected) => {
    expect(parseSelector(text).toString()).toBe(expected);
  });

  const refused: readonly [string, string][] = [
    ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    ['a=b c', "found 'c', expected: ',' or 'end of string'"],
    ['a=b,', "found '', expected: identifier after ','"],
    [',a', "found ',', expected: !, identifier, or 'end of string'"],
    ['=b', "found '=', expected: !, identifier, or 'end of string'"],
    ['!', "unable to parse requirement: found '', expected: identifier"],
    ['!a=b', "found '=', expected: ',' or 'end of string'"],
    ['a in b', "unable to parse requirement: found 'b' expected: '('"],
    ['a in (b', "unable to parse requirement: found '', expected: ',' or ')'"],
    ['a in (=)', "unable to parse requirement: found '=', expected: ',', ')' or identifier"],
    ['a==(b)', "unable to parse requirement: found '(', expected: identifier"],
    ['a in ()', "unable to parse requirement: values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty"],
    ['a>x', 'unable to parse requirement: values[0]: Invalid value: "x": for \'Gt\', \'Lt\' operators, the value must be an integer'],
    [
      'a=-x',
      'unable to parse requirement: values[0][a]: Invalid value: "-x": a valid label must be an empty string or consist of ' +
        "alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or " +
        "'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
    ],
    [
      'a/b/c=d',
      'unable to parse requirement: <nil>: Invalid value: "a/b/c": a qualified name must consist of alphanumeric characters, ' +
        "'-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', " +
        "regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' " +
        "(e.g. 'example.com/MyName')",
    ],
  ];
  it.each(refused)('refuses %j', (text, message) => {
    expect(() => parseSelector(text)).toThrow(new SelectorError(message));
  });
});

describe('matching', () => {
  const labels = { app: 'web', tier: 'front', weight: '5', empty: '' };
  const cases: readonly [string, boolean][] = [
    ['', true], ['app=web', true], ['app=db', false], ['app!=web', false], ['none!=x', true], ['app in (web,db)', true],
    ['app notin (web)', false], ['none notin (web)', true], ['none in (web)', false], ['app', true], ['none', false],
    ['!none', true], ['!app', false], ['weight>4', true], ['weight<4', false], ['app>1', false], ['empty=', true],
    ['none=', false], ['app=web,tier=front', true], ['app=web,tier=back', false], ['toString', false],
  ];
  it.each(cases)('%j matches: %s', (text, expected) => {
    expect(parseSelector(text).matches(labels)).toBe(expected);
  });

  it('selects nothing without a LabelSelector and everything with an empty one', () => {
    expect(selectorFromLabelSelector(undefined).matches(labels)).toBe(false);
    expect(selectorFromLabelSelector({}).matches(undefined)).toBe(true);
    expect(selectorFromLabelSelector({}).empty).toBe(true);
  });

  it('joins matchLabels and matchExpressions', () => {
    const selector = selectorFromLabelSelector({
      matchLabels: { tier: 'front' },
      matchExpressions: [
        { key: 'app', operator: 'In', values: ['web', 'api'] },
        { key: 'old', operator: 'DoesNotExist' },
      ],
    });
    expect(selector.toString()).toBe('app in (api,web),!old,tier=front');
    expect(selector.matches(labels)).toBe(true);
    expect(selector.requiresExactMatch('tier')).toBe('front');
    expect(() => selectorFromLabelSelector({ matchExpressions: [{ key: 'a', operator: 'Gt' }] })).toThrow(
      '"Gt" is not a valid label selector operator',
    );
  });

  it('selects everything by an empty map', () => {
    expect(selectorFromMap({}).matches(labels)).toBe(true);
    expect(selectorFromMap({ app: 'web' }).matches(labels)).toBe(true);
    expect(selectorFromMap({ app: 'db' }).matches(labels)).toBe(false);
  });
});

describe('parseFieldSelector', () => {
  const fields: Record<string, string> = { 'metadata.name': 'a', 'status.phase': 'Running', 'spec.nodeName': '' };
  const matches = (text: string) => parseFieldSelector(text).matches((field) => fields[field]);

  it.each([
    ['metadata.name=a', true], ['metadata.name==a,status.phase!=Pending', true], ['status.phase!=Running', false],
    ['spec.nodeName=', true], ['spec.nodeName!=', false], ['', true],
  ] as const)('%j matches: %s', (text, expected) => {
    expect(matches(text)).toBe(expected);
  });

  it('reads and writes escapes', () => {
    const selector = parseFieldSelector('a=x\\,y\\=z\\\\');
    expect(selector.requirements).toEqual([{ field: 'a', operator: '=', value: 'x,y=z\\' }]);
    expect(selector.toString()).toBe('a=x\\,y\\=z\\\\');
  });

  it.each([
    ['metadata.name', "invalid selector: 'metadata.name'; can't understand 'metadata.name'"],
    ['a=b\\c', 'invalid field selector: invalid escape sequence: \\c'],
    ['a=b=c', 'invalid field selector: unescaped character in value: 61'],
  ])('refuses %j', (text, message) => {
    expect(() => parseFieldSelector(text)).toThrow(new SelectorError(message));
  });
});
