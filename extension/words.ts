/** The bundle of the editor's language: what is written in the code → what is shown. */
let words: Readonly<Record<string, string>> = {};

/** Before anything is shown; without it, or where the bundle has no word, all is shown as it is written. */
export function speak(bundle: Readonly<Record<string, string>> | undefined): void {
  words = bundle ?? {};
}

/**
 * What a person reads, in their language: t`Stop cluster "${name}"?` is `Stop cluster "{0}"?` in l10n/bundle.l10n.json.
 * To be called when it is shown: while modules load, the language isn't known yet.
 */
export function t(strings: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  const text = strings.reduce((before, part, i) => `${before}{${i - 1}}${part}`);
  return (words[text] ?? text).replaceAll(/\{(\d+)\}/g, (_, i: string) => String(values[Number(i)] ?? ''));
}
