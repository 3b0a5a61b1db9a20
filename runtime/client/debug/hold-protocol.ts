import * as z from 'zod';

/**
 * What `podium debug-hold` reads as the one line of its standard input. It makes the change, says so, and takes it back when
 * its input ends: by word or by the death of who started it.
 */
export const holdRequest = z.object({
  /** With credentials: it goes through no file and no argument. */
  kubeconfig: z.string(),
  pod: z.object({ namespace: z.string(), name: z.string() }),
  change: z.object({
    container: z.string(),
    command: z.array(z.string()).optional(),
    probesOff: z.boolean().optional(),
    alone: z.boolean().optional(),
  }),
});
export type HoldRequest = z.infer<typeof holdRequest>;

/** The line that it answers: what is held, null when there was nothing to change; or why it can't be. */
export const holdAnswer = z.union([
  z.object({
    held: z.object({ apiVersion: z.string(), kind: z.string(), name: z.string(), namespace: z.string() }).nullable(),
  }),
  z.object({ error: z.string() }),
]);
