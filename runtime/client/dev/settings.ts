import * as z from 'zod';

/** Relative to the folder of `podium.yaml`: a glob, a file, or a folder with all that is in it. */
const path = z.string().min(1);
const to = z.string().startsWith('/', 'must be an absolute path in the container');

export const devRule = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('sync'), path, to }).describe('Copied into the running containers.'),
  z.strictObject({ do: z.literal('run'), path, to, command: z.string().min(1) }).describe('Copied, then a shell command is run in the container.'),
  z.strictObject({ do: z.literal('restart'), path, to }).describe('Copied, then the program that the first process started is ended, so that it starts anew.'),
  z.strictObject({ do: z.literal('rebuild'), path }).describe('The image is built and the workload restarted.'),
]);

export const devSettings = z.strictObject({
  target: z.string().min(1).describe('Whose pods are changed: deploy/web.'),
  namespace: z.string().min(1).optional(),
  container: z.string().min(1).optional().describe('The first one unless told.'),
  manifests: z.array(z.string().min(1)).optional().describe('Files and folders that are applied at the start, and on save with --apply.'),
  build: z.strictObject({
    context: z.string().min(1).describe('Folder with the Dockerfile.'),
    image: z.string().min(1).describe('Name of the image, as the manifest has it.'),
  }).optional(),
  rules: z.array(devRule).optional().describe('The first that matches a path says what its change does. Without rules the Dockerfile tells.'),
}).describe('What `podium dev` watches, and what a change does.');

export type DevSettings = z.infer<typeof devSettings>;
export type DevRule = z.infer<typeof devRule>;
