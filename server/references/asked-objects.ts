import type { LabelMap, Selector } from '../../runtime/api/labels';
import type { ClusterView } from '../cluster/cluster-view';
import type { FindingContext } from '../context';
import { Throttle } from '../throttle';
import { liveObjects } from './cluster-objects';
import type { KindId } from './kind-id';
import type { LiveObjects } from './live-objects';

interface Question {
  readonly ask: () => unknown;
  answer: string;
}

/** How often at most it is looked whether the cluster answers otherwise than before. */
const pace = { delayMs: 20, gapMs: 300 };

/**
 * What checks ask of the cluster. Each question is remembered with its answer, so that an event that
 * changes none of them costs no finding anew.
 */
export class AskedObjects implements LiveObjects {
  private readonly questions = new Map<string, Question>();
  private readonly listeners: (() => void)[] = [];
  private changes = 0;

  constructor(private readonly cluster: ClusterView) {
    const look = new Throttle(() => this.look(), pace);
    cluster.onDidChange(() => {
      if (this.questions.size > 0) look.ask();
    });
  }

  /** Equal for equal answers. */
  get generation(): number {
    return this.changes;
  }

  /** Some answer has changed, or is known now. */
  onDidChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  has(id: KindId, namespace: string | undefined, name: string): boolean | undefined {
    return this.asked(`has ${id} ${namespace} ${name}`, () => liveObjects(this.cluster).has(id, namespace, name));
  }

  matches(selects: KindId, namespace: string | undefined, selector: Selector): boolean | undefined {
    const question = `matches ${selects} ${namespace} ${selector.toString()}`;
    return this.asked(question, () => liveObjects(this.cluster).matches(selects, namespace, selector));
  }

  keys(id: KindId, namespace: string | undefined, name: string): readonly string[] | undefined {
    return this.asked(`keys ${id} ${namespace} ${name}`, () => liveObjects(this.cluster).keys(id, namespace, name));
  }

  names(id: KindId, namespace: string | undefined): readonly string[] {
    return this.asked(`names ${id} ${namespace}`, () => liveObjects(this.cluster).names(id, namespace));
  }

  labels(selects: KindId, namespace: string | undefined): readonly LabelMap[] {
    return this.asked(`labels ${selects} ${namespace}`, () => liveObjects(this.cluster).labels(selects, namespace));
  }

  private asked<T>(key: string, ask: () => T): T {
    const answer = ask();
    const known = this.questions.get(key);
    if (known) known.answer = JSON.stringify(answer) ?? '';
    else this.questions.set(key, { ask, answer: JSON.stringify(answer) ?? '' });
    return answer;
  }

  private look(): void {
    let isChanged = false;
    for (const question of this.questions.values()) {
      const answer = JSON.stringify(question.ask()) ?? '';
      if (answer !== question.answer) isChanged = true;
      question.answer = answer;
    }
    if (!isChanged) return;
    this.changes++;
    // Who still wants to know asks again.
    this.questions.clear();
    for (const listener of this.listeners) listener();
  }
}

const known = new WeakMap<ClusterView, AskedObjects>();

/** One for each cluster view. */
export function askedObjectsOf({ cluster }: Pick<FindingContext, 'cluster'>): AskedObjects {
  let asked = known.get(cluster);
  if (!asked) known.set(cluster, (asked = new AskedObjects(cluster)));
  return asked;
}
