import * as z from 'zod';
import type { UntypedObject } from '../../../runtime/api/kinds';
import { objectRule, type LintRule } from '../rule';

/** Kinds that others write, or that are not what a person is asked to label. */
const unlabelled = new Set(['/Event', 'events.k8s.io/Event', '/Endpoints', 'discovery.k8s.io/EndpointSlice']);

const labelOptions = z.object({
  labels: z.array(z.string()).default(['owner']).describe('Labels that every object has to have.'),
});

export const labelMissing = objectRule<UntypedObject, z.infer<typeof labelOptions>>('all', {
  id: 'label-missing',
  category: 'metadata',
  title: 'An object without a required label',
  why: 'Who runs many workloads has to find whose an object is, and what belongs together.',
  repair: 'Add the label. Which ones are required is the option `labels`.',
  options: labelOptions,
  check({ object: { metadata }, subject }, { labels }) {
    const missing = labels.filter((key) => !metadata.labels?.[key]);
    if (missing.length === 0 || unlabelled.has(subject.kind)) return undefined;
    return { at: 'metadata.labels', message: `label ${missing.join(', ')} is missing` };
  },
});

const annotationOptions = z.object({
  annotations: z
    .record(z.string(), z.enum(['any', 'email', 'url']))
    .default({ email: 'email' })
    .describe('Annotations that every object has to have, and what they hold: `any`, `email` or `url`.'),
});

const shapes: Record<'any' | 'email' | 'url', (text: string) => boolean> = {
  any: (text) => text !== '',
  email: (text) => /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text),
  url: (text) => URL.canParse(text),
};

export const annotationMissing = objectRule<UntypedObject, z.infer<typeof annotationOptions>>('all', {
  id: 'annotation-missing',
  category: 'metadata',
  title: 'An object without a required annotation',
  why: 'Whoever is woken by an alert has to know whom to ask.',
  repair: 'Add the annotation. Which ones are required is the option `annotations`.',
  options: annotationOptions,
  check({ object: { metadata }, subject }, { annotations }) {
    if (unlabelled.has(subject.kind)) return undefined;
    return Object.entries(annotations).map(([key, shape]) => {
      const value = metadata.annotations?.[key];
      if (value !== undefined && shapes[shape](value)) return undefined;
      if (value === undefined) return { at: 'metadata.annotations', message: `annotation ${key} is missing` };
      return {
        at: `metadata.annotations[${key}]`,
        message: `annotation ${key} is not ${shape === 'any' ? 'filled' : `an ${shape}`}`,
      };
    });
  },
});

export const namespaceDefault = objectRule<UntypedObject>('all', {
  id: 'namespace-default',
  category: 'metadata',
  title: 'An object of the namespace default',
  why:
    'What shares a namespace shares its quotas, its policies and its names; `default` is where everything lands ' +
    'that names none.',
  repair: 'Name a namespace in `metadata.namespace`, or apply with `--namespace`.',
  check({ object: { metadata }, subject }) {
    if (!subject.namespaced || subject.namespace !== 'default') return undefined;
    const written = metadata.namespace !== undefined;
    const system = subject.kind === '/Service' && subject.name === 'kubernetes';
    if (system) return undefined;
    return {
      at: 'metadata.namespace',
      message: written ? 'the object is of the namespace default' : 'no namespace is named',
    };
  },
});

const workloads = ['apps/Deployment', 'apps/StatefulSet', 'apps/DaemonSet', 'batch/Job', 'batch/CronJob'];
const instance = 'app.kubernetes.io/instance';

export const instanceLabelDifferent = objectRule<UntypedObject>(workloads, {
  id: 'instance-label-different',
  category: 'metadata',
  title: 'A workload whose instance label is not its name',
  why: `Tools group by \`${instance}\`; where it is not the object's name, or is missing, they group wrongly.`,
  repair: `Set \`${instance}\` to the name of the object.`,
  check({ object: { metadata } }) {
    const value = metadata.labels?.[instance];
    if (!metadata.name || value === metadata.name) return undefined;
    const at = `metadata.labels[${instance}]`;
    return {
      at: value === undefined ? 'metadata.labels' : at,
      message:
        value === undefined
          ? `label ${instance} is missing`
          : `label ${instance} is "${value}", the name "${metadata.name}"`,
      fix: { title: `Set it to ${metadata.name}`, edits: [{ set: at, value: metadata.name }] },
    };
  },
});

export const metadataRules: LintRule[] = [labelMissing, annotationMissing, namespaceDefault, instanceLabelDifferent];
