import * as z from 'zod';

/** Fields of a launch configuration of type `podium`; package.json's `debuggers` says the same as a JSON schema. */
const common = {
  type: z.literal('podium'),
  name: z.string(),
  namespace: z.string().optional(),
  container: z.string().optional(),
  /** Where the sources are here; the workspace's folder unless told. */
  localRoot: z.string().optional(),
  /** Where the program runs in the container; its working directory unless told. */
  remoteRoot: z.string().optional(),
  /** Number of the process in its container; the first that a debugger is for unless told. */
  processId: z.int().positive().optional(),
  /** The program is started anew, and waits before its first line. */
  stopOnEntry: z.boolean().optional(),
};

const attach = z.object({
  ...common,
  request: z.literal('attach'),
  /** `deploy/web`, `pod/web-1`; asked for when absent. */
  target: z.string().optional(),
  /** `all`: a session for each replica; `alone`: all but one are scaled away meanwhile. */
  replicas: z.enum(['one', 'all', 'alone']).default('one'),
});

const launch = z.object({
  ...common,
  request: z.literal('launch'),
  /** Files and folders that are deployed. */
  manifests: z.array(z.string()).min(1),
  target: z.string().optional(),
  build: z.object({ context: z.string(), image: z.string() }).optional(),
  /** What becomes of what was deployed, when the session ends. */
  onStop: z.enum(['leave', 'delete']).default('leave'),
});

export const debugConfiguration = z.discriminatedUnion('request', [attach, launch]);

export type AttachConfiguration = z.infer<typeof attach>;
export type LaunchConfiguration = z.infer<typeof launch>;
export type PodiumDebugConfiguration = z.infer<typeof debugConfiguration>;

/** What is wrong with a configuration, in one line: `build.image: expected string`. */
export function configurationProblem(error: z.ZodError): string {
  return error.issues
    .map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message))
    .join('; ');
}
