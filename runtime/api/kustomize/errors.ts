/** Why a kustomization can't be built. `source` is the place to look at; without a range it is the whole file. */
export class KustomizeError extends Error {
  override readonly name = 'KustomizeError';

  constructor(
    readonly problem: string,
    readonly source: { file: string; start?: number; end?: number } | undefined,
    readonly line?: number,
  ) {
    super(source ? `${source.file}${line === undefined ? '' : `:${line}`}: ${problem}` : problem);
  }
}
