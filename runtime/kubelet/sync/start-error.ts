/** A container can't be started now; reason and message are those of its waiting state. */
export class StartError extends Error {
  override readonly name = 'StartError';
  /** @param retryAt when another try makes sense, for back-offs */
  constructor(readonly reason: string, message: string, readonly retryAt?: number) {
    super(message);
  }
}
