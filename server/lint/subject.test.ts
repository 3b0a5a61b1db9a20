import { expect, it } from 'vitest';
import { lintText } from '../../test/language/lint-harness';

const pod = 'spec: {hostPID: true, containers: [{name: a, image: b}]}';

/** Kinds and versions that are gone, and others that are not. */
const written = [
  `apiVersion: extensions/v1beta1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: {${pod}}}\n`,
  `apiVersion: apps/v1beta2\nkind: DaemonSet\nmetadata: {name: b}\nspec: {template: {${pod}}}\n`,
  `apiVersion: batch/v1beta1\nkind: CronJob\nmetadata: {name: c}\nspec: {jobTemplate: {spec: {template: {${pod}}}}}\n`,
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {template: {${pod}}}\n`,
  `apiVersion: example.com/v1\nkind: Deployment\nmetadata: {name: e}\nspec: {template: {${pod}}}\n`,
];

it('rules look at what is written for an API version that is gone as at what took its place', () => {
  const found = (text: string) => lintText(text, { enable: [], rules: { 'host-pid': {} } }).map(({ code }) => code);
  expect(written.map(found)).toEqual([['host-pid'], ['host-pid'], ['host-pid'], ['host-pid'], []]);
});
