import { createHash } from 'node:crypto';
import type { Engine } from '../engine';
import { archive } from './image-archive';
import { buildImage, hasImage } from './image-store';
import { ensureBaseImage } from './node-image';

/** Debuggers, for containers whose images have none: they run beside the program (see runtime/client/debug). */
const packages = ['delve', 'gdb', 'python3', 'python3-debugpy'];

/**
 * debugpy is copied to where the program loads it from: as plain files, for Debian links the parts that it takes from elsewhere.
 */
const dockerfile = (base: string): string => `FROM ${base}
RUN apt-get update -q && apt-get install -y -q --no-install-recommends ${packages.join(' ')} && rm -rf /var/lib/apt/lists/*
RUN mkdir -p /tmp/podium-debugpy && cp -rL /usr/lib/python3/dist-packages/debugpy /tmp/podium-debugpy/
`;

/** The image with shells and debuggers, made when it is missing; returns its reference. Throws ImageBuildError. */
export async function ensureDebugToolsImage(engine: Engine, progress: (step: string) => void): Promise<string> {
  const content = dockerfile(await ensureBaseImage(engine, progress));
  const reference = `podium/debug-tools:${createHash('sha256').update(content).digest('hex').slice(0, 12)}`;
  if (await hasImage(engine, reference)) return reference;
  progress('building the image with debuggers (once)');
  await buildImage(engine, reference, archive([{ path: 'Dockerfile', content }]), progress);
  return reference;
}
