import { expect, it } from 'vitest';
import { lintText } from '../../test/language/lint-harness';

const pod = 'spec: {hostPID: true, containers: [{name: a, image: b}]}';

/** The last is of a kind of which nothing is known. */
const written = [
  `apiVersion: extensions/v1beta1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: {${pod}}}\n`,
  `apiVersion: apps/v1beta2\nkind: DaemonSet\nmetadata: {name: b}\nspec: {template: {${pod}}}\n`,
  `apiVersion: batch/v1beta1\nkind: CronJob\nmetadata: {name: c}\nspec: {jobTemplate: {spec: {template: {${pod}}}}}\n`,
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {template: {${pod}}}\n`,
  `apiVersion: apps.openshift.io/v1\nkind: DeploymentConfig\nmetadata: {name: f}\nspec: {selector: {a: b}, template: {${pod}}}\n`,
  `apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: g}\nspec: {template: {${pod}}}\n`,
  `apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Pod, ${pod}}]}]\n`,
  `apiVersion: example.com/v1\nkind: Deployment\nmetadata: {name: e}\nspec: {template: {${pod}}}\n`,
];

it('rules look at kinds and versions that are gone, at kinds of others with a pod template, and into lists of lists', () => {
  const found = (text: string) => lintText(text, { enable: [], rules: { 'host-pid': {} } }).map(({ code }) => code);
  expect(written.map(found)).toEqual([...Array.from({ length: 7 }, () => ['host-pid']), []]);
});

it('what rolls out replicas as a Deployment does is held to the same rules, with a template and without', () => {
  const config = (spec: string): string =>
    `apiVersion: apps.openshift.io/v1\nkind: DeploymentConfig\nmetadata: {name: a}\nspec: ${spec}\n`;
  const rules = { 'replicas-too-few': {}, 'rolling-update-missing': {} };
  const found = (text: string) => lintText(text, { enable: [], rules }).map(({ code }) => code);
  expect(found(config('{replicas: 1, strategy: {type: Recreate}}'))).toEqual(Object.keys(rules));
  expect(found(config('{replicas: 3, strategy: {type: Rolling}}'))).toEqual([]);
});
