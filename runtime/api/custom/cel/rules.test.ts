import { describe, expect, it } from 'vitest';
import type { Schema } from '../../schema';
import { Path } from '../../finding';
import { schemaRuleFindings } from './definition-rules';
import { ruleFindings } from './rules';

const spec = (schema: Schema): Schema => ({ type: 'object', properties: { spec: schema } });
const texts = (findings: readonly { path: string; message: string }[]) => findings.map(({ path, message }) => `${path}: ${message}`);

type Rule = NonNullable<Schema['x-kubernetes-validations']>[number];
const fields: Record<string, Schema> = {
  replicas: { type: 'integer' }, ratio: { type: 'number' }, name: { type: 'string', maxLength: 64 }, on: { type: 'boolean' }, at: { type: 'string', format: 'date-time' },
  wait: { type: 'string', format: 'duration' }, tags: { type: 'array', maxItems: 10, items: { type: 'string', maxLength: 10 } }, any: { 'x-kubernetes-int-or-string': true },
  ports: { type: 'array', maxItems: 10, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'], items: { type: 'object', properties: { name: { type: 'string' }, port: { type: 'integer' } } } },
  limits: { type: 'object', maxProperties: 10, additionalProperties: { type: 'integer' } }, 'dashed-name': { type: 'string' }, in: { type: 'string' }, namespace: { type: 'string' },
  set: { type: 'array', maxItems: 5, 'x-kubernetes-list-type': 'set', items: { type: 'string', maxLength: 5 } },
  untyped: { 'x-kubernetes-preserve-unknown-fields': true }, untypedList: { type: 'array', items: { 'x-kubernetes-preserve-unknown-fields': true } },
  empty: { type: 'array', maxItems: 2, items: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { 'k!': { type: 'string' } } } },
};
const schemaWith = (...rules: Rule[]): Schema => spec({ type: 'object', properties: fields, 'x-kubernetes-validations': rules });
const check = (rule: string | Rule, value: object, old?: object) =>
  texts(ruleFindings({ spec: value }, old && { spec: old }, schemaWith(typeof rule === 'string' ? { rule } : rule)));

describe('a rule', () => {
  it.each<[rule: string, holds: object, breaks: object]>([
    ['self.replicas <= 3', { replicas: 3 }, { replicas: 4 }],
    ['self.ratio < 0.5', { ratio: 0.25 }, { ratio: 1 }],
    ['!has(self.name) || self.name.startsWith("a")', {}, { name: 'b' }],
    ['self.tags.all(t, t.matches("^[a-z]+$"))', { tags: ['a', 'b'] }, { tags: ['a', 'B1'] }],
    ['self.ports.exists_one(p, p.port == 80)', { ports: [{ port: 80 }, { port: 81 }] }, { ports: [{ port: 80 }, { port: 80 }] }],
    ['self.limits.all(k, self.limits[k] > 0)', { limits: { a: 1 } }, { limits: { a: 0 } }],
    ['size(self.tags) == size(self.limits)', { tags: ['x'], limits: { a: 1 } }, { tags: [], limits: { a: 1 } }],
    ['self.at > timestamp("2024-01-01T00:00:00Z")', { at: '2025-01-01T00:00:00Z' }, { at: '2023-01-01T00:00:00Z' }],
    ['self.wait <= duration("1h")', { wait: '30m' }, { wait: '1h1s' }],
    ['self.any == 1 || self.any == "100%"', { any: '100%' }, { any: 2 }],
    ['self.dashed__dash__name == "x"', { 'dashed-name': 'x' }, { 'dashed-name': 'y' }],
    ['self.__in__ == "x"', { in: 'x' }, { in: 'y' }],
    ['self.tags.isSorted() && self.tags.indexOf("b") == 1', { tags: ['a', 'b'] }, { tags: ['b', 'a'] }],
    ['sets.contains(self.tags, ["a"])', { tags: ['a', 'b'] }, { tags: ['b'] }],
    ['quantity(self.name).isLessThan(quantity("1Gi"))', { name: '1Mi' }, { name: '2Gi' }],
    ['isIP(self.name) && ip(self.name).family() == 4 && cidr("10.0.0.0/8").containsIP(self.name)', { name: '10.1.1.1' }, { name: '11.1.1.1' }],
    ['cidr(self.name).ip() == ip("10.0.0.1") && string(cidr(self.name).masked()) == "10.0.0.0/8"', { name: '10.0.0.1/8' }, { name: '10.0.0.0/8' }],
    ['cidr("10.0.0.0/8").containsCIDR(self.name)', { name: '10.2.0.0/16' }, { name: '0.0.0.0/0' }],
    ['ip.isCanonical(self.name) && self.tags.all(ip, isIP(ip))', { name: '::1', tags: ['1.2.3.4'] }, { name: '0::1', tags: [] }],
    ['isIP(self.name)', { name: '10.0.0.1' }, { name: '10.0.0.01' }],
    ['isCIDR(self.name)', { name: 'fd00::/8' }, { name: '::ffff:10.0.0.0/104' }],
    ['quantity(self.name).add(1).sub(quantity("1k")).asInteger() == 1', { name: '1k' }, { name: '2k' }],
    ['quantity(self.name) == quantity("1k") && quantity(self.name) != quantity("1Ki")', { name: '1000' }, { name: '1001' }],
    ['cidr(self.name) == cidr(self.name).masked()', { name: '10.0.0.0/8' }, { name: '10.0.0.1/8' }],
    ['url(self.name) == url("https://a/")', { name: 'https://a/' }, { name: 'https://b/' }],
    ['quantity(self.name).isInteger()', { name: '1500' }, { name: '1500m' }],
    ['quantity(self.name).asApproximateFloat() < 1.0', { name: '500m' }, { name: '1' }],
    ['url(self.name).getScheme() == "https"', { name: 'https://a' }, { name: 'http://a' }],
    ['self.?name.orValue("a") == "a"', {}, { name: 'b' }],
    ['self.set == ["b", "a"]', { set: ['a', 'b'] }, { set: ['a', 'c'] }],
    ['self.set + ["b", "c"] == ["a", "b", "c"]', { set: ['a', 'b'] }, { set: ['a', 'd'] }],
    ['self.ports == [{"name": "b", "port": 2}, {"name": "a", "port": 1}] || self.ports[0].name == "z"',
      { ports: [{ name: 'z' }] }, { ports: [{ name: 'a', port: 1 }] }],
    ['has(self.ports[0].port)', { ports: [{ name: 'a', port: 1 }] }, { ports: [{ name: 'a' }] }],
    ['string(self.at) == "2025-01-01T00:00:00.5+02:00"', { at: '2025-01-01T00:00:00.500+02:00' }, { at: '2025-01-01T00:00:00Z' }],
    ['string(self.wait) == "90.5s"', { wait: '1m30.5s' }, { wait: '0' }],
    ['self.at.getHours("01:00") == 1 && self.at.getDate("America/New_York") == 31', { at: '2025-01-01T00:00:00Z' }, { at: '2025-01-01T06:00:00Z' }],
    ['[self.wait, duration("1m")].sum() == duration("2m")', { wait: '60s' }, { wait: '0s' }],
    ['"%e %s".format([self.ratio, self.wait]) == "2.500000×10⁻⁰¹ 5s"', { ratio: 0.25, wait: '5s' }, { ratio: 1, wait: '5s' }],
    ['url(self.name).getQuery() == {"a": ["1", "2"]}', { name: 'https://h/p?a=1&a=2' }, { name: 'https://h/p' }],
    ['isURL(self.name) && url(self.name).getEscapedPath() == "/a%20b"', { name: '/a b' }, { name: 'a b' }],
    ['ip(self.name).isGlobalUnicast() && !ip(self.name).isLoopback()', { name: '10.0.0.1' }, { name: '224.0.0.1' }],
    ['self.?name.optMap(v, v + "!") == optional.of("a!")', { name: 'a' }, {}],
    ['optional.ofNonZeroValue(self.replicas).hasValue()', { replicas: 1 }, { replicas: 0 }],
    ['self.namespace == "x" && self.__namespace__ == "x"', { namespace: 'x' }, { namespace: 'y' }],
    ['self.name.find("[0-9]+") == "12"', { name: 'a12b3' }, { name: 'ab' }],
  ])('%s', (rule, holds, breaks) => {
    expect(check(rule, holds)).toEqual([]);
    expect(check(rule, breaks)).toEqual([`spec: Invalid value: failed rule: ${rule}`]);
  });

  it('is told in the words of its author, at the place and with the reason that it names', () => {
    expect(check({ rule: 'self.replicas < 3', message: 'too many' }, { replicas: 5 })).toEqual(['spec: Invalid value: too many']);
    expect(check({ rule: 'self.replicas < 3', messageExpression: '"got " + string(self.replicas)' }, { replicas: 5 })).toEqual(['spec: Invalid value: got 5']);
    expect(check({ rule: 'self.replicas < 3', messageExpression: 'self.name', message: 'm' }, { replicas: 5 })).toEqual(['spec: Invalid value: m']);
    expect(check({ rule: 'has(self.name)', fieldPath: '.name', reason: 'FieldValueRequired', message: 'm' }, {})).toEqual(['spec.name: Required value: m']);
    expect(check({ rule: 'self.replicas < 3', fieldPath: ".limits['a.b']", reason: 'FieldValueForbidden', message: 'm' }, { replicas: 5 })).toEqual(['spec.limits[a.b]: Forbidden: m']);
    expect(check({ rule: 'self.replicas < 3', fieldPath: "['dashed-name']" }, { replicas: 5 })[0]).toMatch(/^spec\.dashed-name: Invalid value: failed rule/);
  });

  it('on a transition waits for an update, and for the same item of a list', () => {
    expect(check('self.replicas >= oldSelf.replicas', { replicas: 1 })).toEqual([]);
    expect(check('self.replicas >= oldSelf.replicas', { replicas: 1 }, { replicas: 2 })).toHaveLength(1);
    const items = { ...fields['ports']!, items: { ...fields['ports']!.items!, 'x-kubernetes-validations': [{ rule: 'self.port == oldSelf.port' }] } };
    const schema = spec({ type: 'object', properties: { ports: items } });
    const old = { spec: { ports: [{ name: 'a', port: 1 }, { name: 'b', port: 2 }] } };
    expect(texts(ruleFindings({ spec: { ports: [{ name: 'b', port: 3 }, { name: 'c', port: 9 }] } }, old, schema))).toEqual([
      'spec.ports[0]: Invalid value: failed rule: self.port == oldSelf.port',
    ]);
    expect(check({ rule: 'oldSelf.hasValue() || self.replicas == 1', optionalOldSelf: true }, { replicas: 2 })).toHaveLength(1);
    expect(check({ rule: 'oldSelf.hasValue() || self.replicas == 1', optionalOldSelf: true }, { replicas: 2 }, { replicas: 3 })).toEqual([]);
  });

  it('leaves alone what an update leaves alone', () => {
    expect(check('self.replicas < 3', { replicas: 5 }, { replicas: 5 })).toEqual([]);
    expect(check('self.replicas < 3', { replicas: 6 }, { replicas: 5 })).toHaveLength(1);
  });

  it('that fails to be evaluated says why', () => {
    expect(check('self.name == "a"', {})).toEqual(['spec: Invalid value: "object": no such key: name evaluating rule: self.name == "a"']);
  });

  it('that takes too long is cut off', () => {
    const tags = Array.from({ length: 1500 }, (_, i) => String(i));
    const schema = spec({ type: 'object', properties: { tags: { type: 'array', items: { type: 'string' } } }, 'x-kubernetes-validations': [{ rule: 'self.tags.all(a, self.tags.all(b, a != b || a == b))' }] });
    expect(texts(ruleFindings({ spec: { tags } }, undefined, schema))).toEqual([expect.stringContaining('no further validation rules will be run due to call cost exceeds limit for rule: self.tags')]);
  });

  it('sees of metadata the names alone', () => {
    const schema: Schema = { type: 'object', properties: {}, 'x-kubernetes-validations': [{ rule: 'self.metadata.name == "a" && self.kind == "K"' }] };
    expect(ruleFindings({ kind: 'K', metadata: { name: 'a', labels: { x: 'y' } } }, undefined, schema)).toEqual([]);
  });
});

describe('a definition', () => {
  const found = (schema: Schema) => texts(schemaRuleFindings(schema, Path.of('schema')));
  const problems = (...rules: Rule[]) => found(schemaWith(...rules));
  const at = 'schema.properties[spec].x-kubernetes-validations[0]';
  const printed = (rule: string, message = '') =>
    `{"Rule":${JSON.stringify(rule)},"Message":"","MessageExpression":${JSON.stringify(message)},"Reason":null,"FieldPath":"","OptionalOldSelf":null}`;

  it('is accepted with rules that fit its schema', () => {
    expect(problems({ rule: 'self.replicas > 1 && self.tags.all(t, t != "x")', messageExpression: '"x" + self.name' }, { rule: 'oldSelf.replicas == self.replicas' })).toEqual([]);
  });

  it.each<[string, Rule, string]>([
    ['of a field that does not exist', { rule: 'self.z == 1' }, `${at}.rule: Invalid value: ${printed('self.z == 1')}: compilation failed: ERROR: <input>:1:5: undefined field 'z'\n | self.z == 1\n | ....^`],
    ['with a syntax error', { rule: 'self = 42' }, `${at}.rule: Invalid value: ${printed('self = 42')}: compilation failed: ERROR: <input>:1:6: Syntax error: Unexpected character: =\n | self = 42\n | .....^`],
    ['of types that do not fit', { rule: 'self.replicas == "a"' }, `${at}.rule: Invalid value: ${printed('self.replicas == "a"')}: compilation failed: ERROR: <input>:1:15: found no matching overload for '_==_' applied to '(int, string)'\n | self.replicas == "a"\n | ${'.'.repeat(14)}^`],
    ['that is no condition', { rule: 'self.replicas' }, `${at}.rule: Invalid value: ${printed('self.replicas')}: cel expression must evaluate to a bool`],
    ['whose message is no text', { rule: 'true', messageExpression: 'self.replicas' }, `${at}.messageExpression: Invalid value: ${printed('true', 'self.replicas')}: messageExpression must evaluate to a string`],
    ['whose message does not compile', { rule: 'true', messageExpression: 'self.z' }, `${at}.messageExpression: Invalid value: ${printed('true', 'self.z')}: messageExpression compilation failed: ERROR: <input>:1:5: undefined field 'z'\n | self.z\n | ....^`],
  ])('is refused a rule %s', (_name, rule, text) => {
    expect(problems(rule)).toEqual([text]);
  });

  it('is refused loops over lists without bounds, and transitions of items that cannot be told apart', () => {
    const list: Schema = { type: 'array', items: { type: 'string' } };
    const loop = { type: 'object', properties: { list }, 'x-kubernetes-validations': [{ rule: 'self.list.all(a, self.list.all(b, a == b))' }] } as Schema;
    expect(found(spec(loop))).toEqual([
      expect.stringContaining(`${at}.rule: Forbidden: estimated rule cost exceeds budget by factor of more than 100x (try simplifying the rule`),
      `${at}.rule: Forbidden: contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema`,
      expect.stringContaining('estimated rule cost total for entire OpenAPIv3 schema exceeds budget'),
    ]);
    const items = { type: 'array', maxItems: 5, items: { type: 'string', 'x-kubernetes-validations': [{ rule: 'self == oldSelf' }] } } as Schema;
    expect(found(spec(items))).toEqual([
      expect.stringContaining('oldSelf cannot be used on the uncorrelatable portion of the schema within schema.properties[spec]'),
    ]);
  });
});

describe('what the types of a schema don’t allow', () => {
  it.each([
    ['self.name == null', `1:11: found no matching overload for '_==_' applied to '(string, null)'`],
    ['has(self.ports[0].nope)', `1:4: undefined field 'nope'`],
    ['self.ports[0]["name"] == "a"', `1:14: found no matching overload for '_[_]' applied to`],
    ['self.tags.sum() == "a"', `1:14: found no matching overload for 'sum' applied to 'list(string).()'`],
    ['self.name.matches("x++")', '1:19: invalid matches argument'],
    ['self.in == "x"', '1:6: Syntax error: '],
    ['self.any.frob()', `1:14: undeclared reference to 'frob' (in container '')`],
    ['self.name.startsWith(1)', `1:21: found no matching overload for 'startsWith' applied to 'string.(int)'`],
    ['self.nope == 1', `1:5: undefined field 'nope'`],
    ['has(self.untyped)', `1:4: undefined field 'untyped'`],
    ['self.untypedList.size() == 0', `1:5: undefined field 'untypedList'`],
    ['self.true == 1', `1:6: Syntax error: mismatched input 'true' expecting IDENTIFIER`],
    ['self.wait < duration("1")', '1:22: invalid duration argument'],
    ['self.at < timestamp("2025-02-30T00:00:00Z")', '1:21: invalid timestamp argument'],
    ['self.name in [self.name, "a", 1]', `1:31: expected type 'string' but found 'int'`],
    ['{"a": 1, "b": true}.size() == 2', `1:15: expected type 'int' but found 'bool'`],
  ])('%s', (rule, problem) => {
    const found = texts(schemaRuleFindings(schemaWith({ rule }), Path.root));
    expect(found).toEqual([expect.stringContaining(`compilation failed: ERROR: <input>:${problem}`)]);
  });

  it('leaves alone what they do allow', () => {
    const rules = ['self == oldSelf', 'self.ports[0] == self.ports[1]', 'self.empty[0] == self.empty[1]', 'self.set == self.tags', 'self.namespace == "a"', 'self.at < timestamp("2024-02-29T23:59:59.5+02:00")', '"%s %d".format(["a", 1]) == ""'];
    expect(texts(schemaRuleFindings(schemaWith(...rules.map((rule) => ({ rule }))), Path.root))).toEqual([]);
    const old = { rule: 'self.replicas > 1 || oldSelf.hasValue() && oldSelf.value().replicas == 1', optionalOldSelf: true };
    expect(texts(schemaRuleFindings(schemaWith(old), Path.root))).toEqual([]);
    expect(check(old, { replicas: 1 }, { replicas: 1 })).toEqual([]);
    expect(check(old, { replicas: 1 })).toEqual([`spec: Invalid value: failed rule: ${old.rule}`]);
  });
});

describe('a rule that uses what is not known here', () => {
  it.each([
    'self.limits.all(k, v, v > size(k))', 'self.tags.exists(i, t, i == 0 && t == "a")',
    'self.limits.transformMap(k, v, v + 1).size() > 0', 'isSemver(self.name)',
    'self.tags.distinct().size() == 2', 'lists.range(size(self.tags)) == [0]',
    'semver(self.name).isLessThan(semver("1.2.3"))', '!format.dns1123Label().validate(self.name).hasValue()',
  ])('%s is neither refused nor judged', (rule) => {
    expect(schemaRuleFindings(schemaWith({ rule }), Path.root)).toEqual([]);
    expect(check(rule, { name: 'a' })).toEqual([]);
  });

  it('leaves the same names elsewhere to be checked', () => {
    const found = schemaRuleFindings(schemaWith({ rule: 'self.tags.all(format, format.startWith("a"))' }), Path.root);
    expect(texts(found)).toEqual([expect.stringContaining('undeclared reference to \'startWith\' (in container \'\')')]);
  });
});
