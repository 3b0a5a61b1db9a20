import type { KubeObject, Live } from '../../runtime/api/kinds';
import { parseSelector, type Selector, SelectorError } from '../../runtime/api/labels';

/** Which objects the tree shows: all whose name or namespace has the text in it and whose labels the selector matches. */
export class Filter {
  static readonly none = new Filter('', '');
  private readonly selector: Selector | undefined;

  /** Throws SelectorError. */
  constructor(
    readonly text: string,
    readonly labels: string,
  ) {
    this.selector = labels === '' ? undefined : parseSelector(labels);
  }

  get isActive(): boolean {
    return this.text !== '' || this.selector !== undefined;
  }

  matches({ metadata }: Live<KubeObject>): boolean {
    const { name, namespace = '', labels } = metadata;
    if (this.selector && !this.selector.matches(labels ?? {})) return false;
    const text = this.text.toLowerCase();
    return name.toLowerCase().includes(text) || namespace.toLowerCase().includes(text);
  }

  /** For the view's heading: `web, app=shop`. */
  toString(): string {
    return [this.text, this.labels].filter(Boolean).join(', ');
  }
}

/** Why a selector can't be used; undefined when it can. */
export function selectorProblem(labels: string): string | undefined {
  try {
    void new Filter('', labels.trim());
    return undefined;
  } catch (error) {
    if (error instanceof SelectorError) return error.message;
    throw error;
  }
}
