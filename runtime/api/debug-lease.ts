/**
 * On a pod whose process may stand at a breakpoint: until when its probes aren't judged (RFC 3339). A debugger renews it;
 * a debugger that is gone doesn't, and all is as before.
 */
export const debugLeaseAnnotation = 'podium.dev/debugged-until';

/** The annotation that holds a pod until a time, in milliseconds since the epoch; for a patch. */
export function debugLease(until: number): Record<string, string> {
  return { [debugLeaseAnnotation]: new Date(until).toISOString() };
}

/** Milliseconds since the epoch; 0 when no debugger holds the pod. */
export function debuggedUntil({ metadata }: { metadata: { annotations?: Readonly<Record<string, string>> } }): number {
  const until = Date.parse(metadata.annotations?.[debugLeaseAnnotation] ?? '');
  return Number.isNaN(until) ? 0 : until;
}
