/** Beyond so many distinct parts they are forgotten, and later ones shared among themselves. */
const mostParts = 5000;

const parts = new Map<string, unknown>();

/**
 * The same object for equal parts: labels, owners and states of thousands of pods are a few different ones. What is
 * given must not be changed afterwards, nor what comes back.
 */
export function shared<T>(part: T): T {
  const key = JSON.stringify(part);
  const known = parts.get(key);
  if (known !== undefined) return known as T;
  if (parts.size >= mostParts) parts.clear();
  parts.set(key, part);
  return part;
}
