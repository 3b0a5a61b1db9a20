import * as z from 'zod';

/** Pod annotation that says how its simulated containers behave. */
export const behaviourAnnotation = 'podium.io/simulate';

const containerBehaviour = z.object({
  /** The container ends by itself with this code … */
  exitCode: z.number().int().min(0).max(255).optional(),
  /** … so long after its start. */
  afterSeconds: z.number().min(0).optional(),
  /** Reason of the end: `OOMKilled`. */
  reason: z.string().optional(),
  /** What its probes find; true unless told. */
  ready: z.boolean().optional(),
  live: z.boolean().optional(),
  /** The image can't be had. */
  pullError: z.string().optional(),
});

const podBehaviour = containerBehaviour.extend({
  /** By container name; others behave as the pod's own fields say. */
  containers: z.record(z.string(), containerBehaviour).optional(),
});

export type ContainerBehaviour = z.infer<typeof containerBehaviour>;

/**
 * How a container behaves; one that nothing is said of runs for ever. An annotation that can't be read says nothing.
 */
export function behaviourOf(annotations: Readonly<Record<string, string>>, container: string): ContainerBehaviour {
  const text = annotations[behaviourAnnotation];
  if (!text) return {};
  try {
    const { containers, ...pod } = podBehaviour.parse(JSON.parse(text));
    return { ...pod, ...containers?.[container] };
  } catch {
    return {};
  }
}
