import { distance } from 'fastest-levenshtein';

/** Whether one name is likely a slip of the other: a letter or two, or no more than case and separators. */
export function isSimilar(a: string, b: string): boolean {
  if (plain(a) === plain(b)) return true;
  const length = Math.min(a.length, b.length);
  return distance(a, b) <= (length < 4 ? 1 : length < 12 ? 2 : 3) && distance(a, b) * 2 < length + 1;
}

const plain = (name: string): string => name.toLowerCase().replaceAll(/[-_./]/g, '');

/** Names among which others are looked up. What was looked up is remembered. */
export class NameList {
  private readonly plain: readonly string[];
  private readonly found = new Map<string, string | undefined>();

  constructor(readonly names: readonly string[]) {
    this.plain = names.map(plain);
  }

  /** The name that takes the fewest changes. */
  nearest(name: string): string | undefined {
    if (!this.found.has(name)) this.found.set(name, this.look(name));
    return this.found.get(name);
  }

  /** The name that the given one is likely a slip of. */
  similar(name: string): string | undefined {
    const nearest = this.nearest(name);
    return nearest !== undefined && isSimilar(name, nearest) ? nearest : undefined;
  }

  holdsSame(names: readonly string[]): boolean {
    return names.length === this.names.length && names.every((name, i) => name === this.names[i]);
  }

  private look(name: string): string | undefined {
    const wanted = plain(name);
    let best: string | undefined;
    let least = Infinity;
    for (const [i, candidate] of this.names.entries()) {
      // A difference of length is the least number of changes.
      if (Math.abs(candidate.length - name.length) >= least) continue;
      const changes = this.plain[i] === wanted ? 0 : distance(name, candidate);
      if (changes >= least) continue;
      least = changes;
      best = candidate;
    }
    return best;
  }
}

/** The candidate that takes the fewest changes. */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  return new NameList([...candidates]).nearest(name);
}

/** The candidate that the name is likely a slip of. */
export function similarName(name: string, candidates: Iterable<string>): string | undefined {
  return new NameList([...candidates]).similar(name);
}
