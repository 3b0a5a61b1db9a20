export type ProbeKind = 'startup' | 'readiness' | 'liveness';

/** One try: `unknown` counts neither way. `output` goes into the event. */
export interface ProbeResult {
  result: 'success' | 'failure' | 'unknown';
  output: string;
}

export const probeTitle: Record<ProbeKind, string> = {
  startup: 'Startup',
  readiness: 'Readiness',
  liveness: 'Liveness',
};

/** Upstream reads no more of a response's body than this. */
export const longestOutput = 10 * 1024;
