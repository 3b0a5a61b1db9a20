import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { lintSettings } from './lint/settings';

/** Schemas are used a few times: to make functions of them takes longer than it saves. */
z.config({ jitless: true });

/** A section of settings, of which each one stands for itself. */
function section<T extends z.ZodRawShape>(shape: T) {
  return z.preprocess((value) => (typeof value === 'object' && value !== null ? value : {}), z.object(shape));
}

const customReference = z.object({
  /** `ServiceMonitor.monitoring.coreos.com`. */
  kind: z.string(),
  /** `spec.selector`; `[]` is every item of a list. */
  field: z.string(),
  /** `Service`, `Gateway.gateway.networking.k8s.io`; `pods` for whatever makes pods. */
  to: z.string(),
  by: z.enum(['name', 'labels']).default('name'),
});

export type CustomReference = Readonly<z.infer<typeof customReference>>;

/**
 * The settings that the server reads, below `podium`: names, defaults and descriptions equal those in package.json. One that
 * can't be understood counts as not set.
 */
const schema = z.object({
  /** Globs below a workspace folder; files that match none are left alone. */
  files: section({
    include: z.array(z.string()).catch(['**/*']).default(['**/*']),
    exclude: z.array(z.string()).catch([]).default([]),
  }),
  /** `1.31`: the version that manifests are meant for. The connected cluster's if it is empty, else the newest known. */
  kubernetesVersion: z.string().catch('').default(''),
  /** Files, folders and globs of CustomResourceDefinitions, beside those of the workspace. */
  customResourceDefinitions: z.array(z.string()).catch([]).default([]),
  /** The cluster whose state is shown, for a client that doesn't name one itself. Without a file or a context, none. */
  cluster: section({
    /** Files as in $KUBECONFIG; what it says, or ~/.kube/config, if only a context is given. */
    kubeconfig: z.string().catch('').default(''),
    /** The current one if it is empty. */
    context: z.string().catch('').default(''),
    /** Namespace of objects that name none; the context's if it is empty. */
    namespace: z.string().catch('').default(''),
  }),
  helm: section({
    /** The program that renders charts of a trusted workspace, where it is found; empty for none. */
    path: z.string().catch('helm').default('helm'),
  }),
  validation: section({
    /** Asks the cluster for its word on a file's objects whenever it is saved. */
    dryRunOnSave: z.boolean().catch(false).default(false),
  }),
  references: section({
    /** Whether a reference that leads nowhere is told: where the files plainly should hold its target, always, or never. */
    missing: z.enum(['likely', 'always', 'never']).catch('likely').default('likely'),
    /** How a port number is shown that no container declares; it works all the same. */
    undeclaredPorts: z.enum(['off', 'hint', 'warning']).catch('hint').default('hint'),
    /** What custom resources refer to. */
    custom: z.array(customReference).catch([]).default([]),
  }),
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
  private readonly listeners: ((before: Settings) => void)[] = [];

  constructor(value: unknown) {
    this.value = parseSettings(value);
  }

  set(value: unknown): void {
    const before = this.value;
    this.value = parseSettings(value);
    if (isDeepStrictEqual(before, this.value)) return;
    for (const listener of this.listeners) listener(before);
  }

  onDidChange(listener: (before: Settings) => void): void {
    this.listeners.push(listener);
  }
}
