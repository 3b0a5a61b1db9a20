import { expect, it } from 'vitest';
import type { KubeObject, Live } from '../../runtime/api/kinds';
import { Filter, selectorProblem } from './filter';

const object = (name: string, namespace: string, labels: Record<string, string> = {}): Live<KubeObject> => ({
  metadata: { name, namespace, labels, uid: name, resourceVersion: '1', creationTimestamp: '' },
});

it('lets through what has the text in its name or namespace, whatever the case', () => {
  const filter = new Filter('Web', '');
  expect(filter.matches(object('my-web-1', 'default'))).toBe(true);
  expect(filter.matches(object('db', 'webshop'))).toBe(true);
  expect(filter.matches(object('db', 'default', { app: 'web' }))).toBe(false);
});

it('lets through what a label selector matches, and both where both are given', () => {
  const filter = new Filter('web', 'tier in (front,edge),!canary');
  expect(filter.matches(object('web', 'default', { tier: 'edge' }))).toBe(true);
  expect(filter.matches(object('web', 'default', { tier: 'edge', canary: '1' }))).toBe(false);
  expect(filter.matches(object('db', 'default', { tier: 'edge' }))).toBe(false);
  expect(String(filter)).toBe('web, tier in (front,edge),!canary');
});

it('says what is wrong with a selector', () => {
  expect(selectorProblem(' app = web ')).toBeUndefined();
  expect(selectorProblem('app in (')).toMatch(/\w/);
});
