import { setTimeout as delay } from 'node:timers/promises';
import { isStatusError } from '../api/status';

/** Attempts and waits of client-go's retry.DefaultRetry. */
const attempts = 5;
const firstWaitMs = 10;

/** Runs `update`, which reads afresh each time, again after a conflict with another writer; the last conflict is thrown. */
export async function retryOnConflict<R>(update: () => Promise<R>): Promise<R> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await update();
    } catch (error) {
      if (attempt === attempts || !isStatusError(error, 'Conflict')) throw error;
      await delay(firstWaitMs * (1 + Math.random() * 0.1));
    }
  }
}
