import * as z from 'zod';

const severity = z.enum(['error', 'warning', 'information', 'hint']);

/** What settings and `podium.yaml` say of linting. `makePlan` checks names and options. */
export const lintSettings = z.object({
  /** Presets: `recommended`, `all`, a category, one of the tools. */
  enable: z.union([z.string().transform((name) => [name]), z.array(z.string())]).optional(),
  /** Rules on, off, of another severity or with options, whatever the presets say. */
  rules: z
    .record(
      z.string(),
      z.union([z.boolean(), z.enum(['on', 'off']), severity, z.looseObject({ severity: severity.optional() })]),
    )
    .optional(),
});

export type LintSettings = z.infer<typeof lintSettings>;
