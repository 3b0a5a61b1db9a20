import { describe, expect, it } from 'vitest';
import type { PolicyRule } from '../../api/kinds';
import { compactRules, describeRule, missingRules } from './covers';
import { ruleAllows } from './rules';
import { request } from './testing/fake-lister';

const rule = (verbs: string, groups: string, resources: string, names?: string): PolicyRule => ({
  verbs: verbs.split(' '),
  apiGroups: groups.split(' ').map((group) => (group === 'core' ? '' : group)),
  resources: resources.split(' '),
  ...(names && { resourceNames: names.split(' ') }),
});
const urls = (verbs: string, paths: string): PolicyRule => ({
  verbs: verbs.split(' '),
  nonResourceURLs: paths.split(' '),
});

describe('a rule', () => {
  it.each<[string, PolicyRule, string, boolean]>([
    ['grants its verbs on its resources', rule('get list', 'core', 'pods'), 'list pods in a', true],
    ['grants no other verb', rule('get list', 'core', 'pods'), 'watch pods in a', false],
    ['grants no other resource', rule('get', 'core', 'pods'), 'get services in a', false],
    ['holds for its groups alone', rule('get', 'apps', 'deployments'), 'get extensions:deployments in a', false],
    ['grants everything with stars', rule('*', '*', '*'), 'impersonate apps:deployments/scale in a', true],
    ['grants no URL with stars for resources', rule('*', '*', '*'), 'GET /healthz', false],
    ['grants no subresource with its resource', rule('get', 'core', 'pods'), 'get pods/log in a', false],
    ['grants a subresource by name', rule('get', 'core', 'pods/log'), 'get pods/log in a', true],
    ['grants no resource with its subresource', rule('get', 'core', 'pods/log'), 'get pods in a', false],
    [
      'grants a subresource of every resource',
      rule('update', '*', '*/scale'),
      'update apps:deployments/scale in a',
      true,
    ],
    [
      'grants nothing else of every resource',
      rule('update', '*', '*/scale'),
      'update apps:deployments/status in a',
      false,
    ],
    ['knows no star after the slash', rule('get', 'core', 'pods/*'), 'get pods/log in a', false],
    ['holds for its names', rule('get', 'core', 'secrets', 'a b'), 'get secrets in x of b', true],
    ['holds for its names alone', rule('get', 'core', 'secrets', 'a b'), 'get secrets in x of c', false],
    ['with names grants no list', rule('list', 'core', 'secrets', 'a b'), 'list secrets in x', false],
    ['grants a URL', urls('get', '/version'), 'GET /version', true],
    ['grants no URL below', urls('get', '/version'), 'GET /version/x', false],
    ['grants what begins like a pattern', urls('get', '/openapi/*'), 'GET /openapi/v3/apis/apps/v1', true],
    ['grants not the pattern without its slash', urls('get', '/openapi/*'), 'GET /openapi', false],
    ['knows a star at the end only', urls('get', '/*/v1'), 'GET /api/v1', false],
    ['grants all URLs', urls('*', '*'), 'POST /x', true],
    ['about URLs grants no resource', urls('*', '*'), 'get pods in a', false],
  ])('%s', (_name, given, asked, expected) => {
    expect(ruleAllows(given, request(asked))).toBe(expected);
  });
});

describe('what rules lack of others', () => {
  const lacking = (owners: PolicyRule[], servants: PolicyRule[]) =>
    compactRules(missingRules(owners, servants)).map(describeRule);

  it.each<[string, PolicyRule[], PolicyRule[], string[]]>([
    ['nothing, of themselves', [rule('get list', 'core', 'pods')], [rule('get list', 'core', 'pods')], []],
    [
      'nothing, when several together have it',
      [rule('get', 'core', 'pods'), rule('list', 'core', 'pods')],
      [rule('get list', 'core', 'pods')],
      [],
    ],
    [
      'the verbs of a resource, in one',
      [rule('get', 'core', 'pods')],
      [rule('get list watch', 'core', 'pods')],
      ['{APIGroups:[""], Resources:["pods"], Verbs:["list" "watch"]}'],
    ],
    [
      'a star, that single verbs never make',
      [rule('get list', 'core', 'pods')],
      [rule('*', 'core', 'pods')],
      ['{APIGroups:[""], Resources:["pods"], Verbs:["*"]}'],
    ],
    [
      'nothing, of a subresource that every resource has',
      [rule('get', '*', '*/scale')],
      [rule('get', 'apps', 'deployments/scale')],
      [],
    ],
    [
      'all objects, where names are held',
      [rule('get', 'core', 'secrets', 'a')],
      [rule('get', 'core', 'secrets')],
      ['{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}'],
    ],
    [
      'nothing, of names where all objects are held',
      [rule('get', 'core', 'secrets')],
      [rule('get', 'core', 'secrets', 'a b')],
      [],
    ],
    [
      'the name that is not held',
      [rule('get', 'core', 'secrets', 'a')],
      [rule('get', 'core', 'secrets', 'a b')],
      ['{APIGroups:[""], Resources:["secrets"], ResourceNames:["b"], Verbs:["get"]}'],
    ],
    ['nothing, of a URL below a pattern', [urls('get', '/api/*')], [urls('get', '/api/v1 /api/*')], []],
    ['a URL', [urls('get', '/api')], [urls('get', '/api/v1')], ['{NonResourceURLs:["/api/v1"], Verbs:["get"]}']],
  ])('%s', (_name, owners, servants, expected) => {
    expect(lacking(owners, servants)).toEqual(expected);
  });
});
