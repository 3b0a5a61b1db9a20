const nameComponent = '[a-z0-9]+(?:(?:\\.|_{1,2}|-+)[a-z0-9]+)*';
const domain =
  '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*(?::\\d+)?';
const reference = new RegExp(
  `^(?:(?:${domain}|\\[[a-fA-F0-9:]+\\](?::\\d+)?)/)?${nameComponent}(?:/${nameComponent})*(?::([\\w][\\w.-]{0,127}))?(@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?$`,
);

/** An image's tag: `latest` where it has neither tag nor digest, undefined where it is no image reference at all. */
export function imageTag(image: string): string | undefined {
  // Longer than any reference may be, and the pattern is not linear.
  if (image.length > 4096) return undefined;
  const match = reference.exec(image);
  if (!match) return undefined;
  return match[1] ?? (match[2] ? '' : 'latest');
}

/** Always for `latest`, IfNotPresent for everything else. */
export function defaultPullPolicy(image: string): 'Always' | 'IfNotPresent' {
  return imageTag(image) === 'latest' ? 'Always' : 'IfNotPresent';
}
