import type { z } from 'zod';
import type { UntypedObject } from '../../runtime/api/kinds';
import type { FieldEdit } from '../manifests/edits';
import type { Neighbours } from './neighbours';
import type { ContainerView, LintSubject, PodView } from './subject';

export type LintSeverity = 'error' | 'warning' | 'information' | 'hint';

export const categories = [
  'images',
  'resources',
  'reliability',
  'security',
  'pod-security',
  'access',
  'networking',
  'metadata',
] as const;
export type Category = (typeof categories)[number];

/** What a rule has to say of an object. Paths begin at the object: `spec.template.spec.containers[0].image`. */
export interface LintProblem {
  /** Where it is written or, of what is missing, where it would be. */
  readonly at: string;
  readonly message: string;
  /** All its edits are of the text as it is, and touch each other nowhere. */
  readonly fix?: { readonly title: string; readonly edits: readonly FieldEdit[] };
  /** In place of the rule's own severity, unless settings name one. */
  readonly severity?: LintSeverity;
}

interface RuleFacts {
  readonly id: string;
  readonly category: Category;
  /** What is found, as a heading. */
  readonly title: string;
  /** What goes wrong with it. Markdown, as is `repair`. */
  readonly why: string;
  readonly repair: string;
  /** `warning` if not given. */
  readonly severity?: LintSeverity;
  /** On without any settings: a plain mistake, never a matter of taste. */
  readonly recommended?: true;
  /** Looks at other objects, so that their changes change its findings. */
  readonly wide?: true;
}

/** A rule: pure, and never throws for an object that decodes as its kind. */
export interface LintRule extends RuleFacts {
  readonly severity: LintSeverity;
  readonly options: z.ZodObject | undefined;
  /** `GROUP/KIND` of what it looks at, in any version; `pods` for whatever has a pod or makes pods. */
  readonly kinds: readonly string[] | 'pods' | 'all';
  /** Options are what the rule's schema makes of the settings. */
  run(subject: LintSubject, options: unknown, neighbours: Neighbours): readonly LintProblem[];
}

type Outcome = LintProblem | readonly (LintProblem | undefined | false)[] | undefined | false;

type Rule<Subject, Options> = RuleFacts & {
  readonly options?: z.ZodObject;
  check(subject: Subject, options: Options, neighbours: Neighbours): Outcome;
};

const none: readonly LintProblem[] = [];

function problems(outcome: Outcome): readonly LintProblem[] {
  if (!outcome) return none;
  return Array.isArray(outcome) ? outcome.filter(Boolean) : [outcome as LintProblem];
}

/** About each container of a pod, init and ephemeral ones too. */
export function containerRule<Options = unknown>({ check, ...facts }: Rule<ContainerView, Options>): LintRule {
  return {
    severity: 'warning',
    options: undefined,
    ...facts,
    kinds: 'pods',
    run: ({ pod }, options, neighbours) =>
      pod?.containers.flatMap((container) => problems(check(container, options as Options, neighbours))) ?? none,
  };
}

/** About a pod, or the pods that an object makes. */
export function podRule<Options = unknown>({ check, ...facts }: Rule<PodView, Options>): LintRule {
  return {
    severity: 'warning',
    options: undefined,
    ...facts,
    kinds: 'pods',
    run: ({ pod }, options, neighbours) => (pod ? problems(check(pod, options as Options, neighbours)) : none),
  };
}

/** What a rule of some kinds is given. */
export interface ObjectView<T = UntypedObject> {
  readonly object: T;
  readonly subject: LintSubject;
}

/** About objects of some kinds, `GROUP/KIND`. */
export function objectRule<T, Options = unknown>(
  kinds: readonly string[] | 'all',
  { check, ...facts }: Rule<ObjectView<T>, Options>,
): LintRule {
  return {
    severity: 'warning',
    options: undefined,
    ...facts,
    kinds,
    run: (subject, options, neighbours) =>
      problems(check({ object: subject.object as T, subject }, options as Options, neighbours)),
  };
}
