import { distance } from 'fastest-levenshtein';

/** Whether one name is likely a slip of the other: a letter or two, or no more than case and separators. */
export function isSimilar(a: string, b: string): boolean {
  if (plain(a) === plain(b)) return true;
  const length = Math.min(a.length, b.length);
  return distance(a, b) <= (length < 4 ? 1 : length < 12 ? 2 : 3) && distance(a, b) * 2 < length + 1;
}

const plain = (name: string): string => name.toLowerCase().replaceAll(/[-_./]/g, '');

/** The candidate that takes the fewest changes. */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Infinity;
  for (const candidate of candidates) {
    // A difference of length is the least number of changes.
    if (Math.abs(candidate.length - name.length) >= least) continue;
    const changes = plain(candidate) === plain(name) ? 0 : distance(name, candidate);
    if (changes >= least) continue;
    least = changes;
    best = candidate;
  }
  return best;
}

/** The candidate that the name is likely a slip of. */
export function similarName(name: string, candidates: Iterable<string>): string | undefined {
  const nearest = nearestName(name, candidates);
  return nearest !== undefined && isSimilar(name, nearest) ? nearest : undefined;
}
