import { GRPCDeadlineExceededError, GRPCResourceExhastedError, isRecoverableError } from 'etcd3';
import { StoreWriteError } from '../store';

/** etcd cannot be reached or has no leader. Whether a write that met this was done is not known. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
}

/** etcd did not answer in time. Whether a write that met this was done is not known. */
export class StoreTimeoutError extends Error {
  override readonly name = 'StoreTimeoutError';
}

export function isUnavailable(error: unknown): boolean {
  return error instanceof StoreUnavailableError;
}

/** Errors of a call by their kind; those of etcd itself (permission, size) stay as they are. */
export function typedError(error: unknown, endpoints: readonly string[], writing: boolean): unknown {
  if (!(error instanceof Error)) return error;
  const where = `etcd at ${endpoints.join(', ')}`;
  if (error instanceof GRPCDeadlineExceededError) return new StoreTimeoutError(`${where} did not answer in time`, { cause: error });
  if (error instanceof GRPCResourceExhastedError) {
    return writing ? new StoreWriteError(`${where} takes no more: ${error.message}`, { cause: error }) : error;
  }
  if (isRecoverableError(error)) return new StoreUnavailableError(`${where} cannot be reached: ${error.message}`, { cause: error });
  return error;
}
