import { ImageError, RuntimeError } from '../container-runtime';

/** What dockerode throws for an answer of the engine. */
interface EngineError extends Error {
  statusCode?: number;
  json?: { message?: string };
}

/** The engine's own words: dockerode puts its own in front, and has no `json` where a stream was asked for. */
const wordsOf = ({ json, message }: EngineError): string =>
  (json?.message ?? message.replace(/^\(HTTP code \d+\) .*? - /, '')).trim();

const unreachable = new Set(['ECONNREFUSED', 'ENOENT', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT']);

/** An error of the engine as the contract has it. */
export function runtimeError(error: unknown, reason: RuntimeError['reason']): RuntimeError {
  if (error instanceof RuntimeError) return error;
  const { statusCode, message } = error as EngineError;
  if (statusCode === undefined && unreachable.has((error as NodeJS.ErrnoException).code ?? '')) {
    return new RuntimeError('Unavailable', `the container engine does not answer: ${message}`);
  }
  return new RuntimeError(
    statusCode === 404 && reason !== 'CreateContainerError' ? 'NotFound' : reason,
    wordsOf(error as EngineError),
  );
}

export function imageError(error: unknown, image: string): ImageError {
  const text = wordsOf(error as EngineError);
  const invalid = text.includes('invalid reference format') || text.includes('must be lowercase');
  return invalid
    ? new ImageError(
        'InvalidImageName',
        `Failed to apply default image tag ${JSON.stringify(image)}: ` +
          `couldn't parse image name ${JSON.stringify(image)}: invalid reference format`,
      )
    : new ImageError('ErrImagePull', text);
}

/** The result, or undefined when the engine says that the thing is gone, or already as it should be. */
export async function unlessGone<T>(action: Promise<T>, ...alsoFine: number[]): Promise<T | undefined> {
  try {
    return await action;
  } catch (error) {
    const status = (error as EngineError).statusCode;
    if (status === 404 || (status !== undefined && alsoFine.includes(status))) return undefined;
    throw error;
  }
}
