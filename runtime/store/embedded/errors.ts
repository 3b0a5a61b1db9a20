/** A file of the store does not say what was written to it. The store refuses to open rather than to lose what follows. */
export class StoreCorruptError extends Error {
  override readonly name = 'StoreCorruptError';
  constructor(readonly file: string, readonly offset: number, problem: string) {
    super(`${file}: ${problem} at offset ${offset}`);
  }
}

/** Another living process has the store open. */
export class StoreLockedError extends Error {
  override readonly name = 'StoreLockedError';
  constructor(readonly folder: string, readonly pid: number) {
    super(`the store in ${folder} is in use by process ${pid}`);
  }
}
