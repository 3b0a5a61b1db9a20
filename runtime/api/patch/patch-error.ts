/**
 * Why a patch can't be applied, as the API server answers it: BadRequest (400), Invalid (422), RequestEntityTooLarge (413),
 * or InternalError for the few mistakes that upstream lets through as a plain error (500).
 */
export type PatchErrorReason = 'BadRequest' | 'Invalid' | 'RequestEntityTooLarge' | 'InternalError';

export class PatchError extends Error {
  override readonly name = 'PatchError';

  constructor(
    readonly reason: PatchErrorReason,
    /** What the client sees. */
    message: string,
    /** The cause where the message hides it, as upstream's does for everything that it answers with 422. */
    readonly detail: string = message,
  ) {
    super(message);
  }
}

/** The 422 of NewGenericServerResponse, which keeps the cause to itself. */
export function unprocessable(detail: string): PatchError {
  return new PatchError('Invalid', 'the server rejected our request due to an error in our request', detail);
}
