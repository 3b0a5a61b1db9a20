import * as z from 'zod';
import { lintSettings } from './lint/settings';

/**
 * The settings that the server reads, below `podium`: names, defaults and descriptions equal those in package.json. One that
 * can't be understood counts as not set.
 */
const schema = z.object({
  /** Globs below a workspace folder; files that match none are left alone. */
  files: z
    .object({
      include: z.array(z.string()).catch(['**/*']).default(['**/*']),
      exclude: z.array(z.string()).catch([]).default([]),
    })
    .catch({ include: ['**/*'], exclude: [] })
    .default({ include: ['**/*'], exclude: [] }),
  /** Which lint rules look, and how. */
  lint: lintSettings.catch({}).default({}),
});

export type Settings = Readonly<z.infer<typeof schema>>;

export function parseSettings(value: unknown): Settings {
  const { data } = schema.safeParse(value ?? {});
  return data ?? schema.parse({});
}

/** The settings as the client told them last. */
export class LiveSettings {
  value: Settings;
  private readonly listeners: (() => void)[] = [];

  constructor(value: unknown) {
    this.value = parseSettings(value);
  }

  set(value: unknown): void {
    const before = JSON.stringify(this.value);
    this.value = parseSettings(value);
    if (JSON.stringify(this.value) !== before) for (const listener of this.listeners) listener();
  }

  onDidChange(listener: () => void): void {
    this.listeners.push(listener);
  }
}
