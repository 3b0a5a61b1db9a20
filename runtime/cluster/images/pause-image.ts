import { createHash } from 'node:crypto';
import type { Engine } from '../engine';
import { archive } from './image-archive';
import { hasImage, importImage } from './image-store';
import { type Architecture, pauseProgram } from './pause-program';

/** The pause image of the engine's architecture, made if it is missing. Returns its reference. */
export async function ensurePauseImage(engine: Engine): Promise<string> {
  const program = pauseProgram(engine.architecture as Architecture);
  const reference = `podium/pause:${createHash('sha256').update(program).digest('hex').slice(0, 12)}`;
  if (!(await hasImage(engine, reference))) {
    await importImage(engine, reference, archive([{ path: 'pause', content: program, mode: 0o755 }]), ['ENTRYPOINT ["/pause"]']);
  }
  return reference;
}
