import { parse } from 'yaml';
import * as z from 'zod';

const optional = z.string().optional();

const cluster = z.looseObject({
  server: z.string().optional(),
  'tls-server-name': optional,
  'insecure-skip-tls-verify': z.boolean().optional(),
  'certificate-authority': optional,
  'certificate-authority-data': optional,
  'proxy-url': optional,
});

const exec = z.looseObject({
  apiVersion: z.string(),
  command: z.string(),
  args: z.array(z.string()).nullish(),
  env: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
  installHint: optional,
  interactiveMode: z.enum(['Never', 'IfAvailable', 'Always']).optional(),
  provideClusterInfo: z.boolean().optional(),
});

const user = z.looseObject({
  'client-certificate': optional,
  'client-certificate-data': optional,
  'client-key': optional,
  'client-key-data': optional,
  token: optional,
  tokenFile: optional,
  username: optional,
  password: optional,
  as: optional,
  'as-uid': optional,
  'as-groups': z.array(z.string()).nullish(),
  'as-user-extra': z.record(z.string(), z.array(z.string())).nullish(),
  'auth-provider': z.looseObject({ name: z.string() }).nullish(),
  exec: exec.nullish(),
});

const context = z.looseObject({ cluster: z.string(), user: z.string().default(''), namespace: optional });

/** Go reads an absent value and `null` alike. */
const list = <T extends z.ZodType>(item: T) => z.array(item).nullish().transform((items) => items ?? []);
const textOrNull = z.string().nullish().transform((text) => text ?? '');

const kubeconfigSchema = z.looseObject({
  apiVersion: z.literal('v1').nullish(),
  kind: z.literal('Config').nullish(),
  'current-context': textOrNull,
  clusters: list(z.looseObject({ name: z.string(), cluster })),
  contexts: list(z.looseObject({ name: z.string(), context })),
  users: list(z.looseObject({ name: z.string(), user: user.nullish().transform((value) => value ?? {}) })),
});

export type KubeconfigFile = z.output<typeof kubeconfigSchema>;
export type ExecConfig = z.output<typeof exec>;
export type ClusterEntry = z.output<typeof cluster>;
export type UserEntry = z.output<typeof user>;

/** A kubeconfig that cannot be used: says which file and field, never a secret's value. */
export class KubeconfigError extends Error {
  override readonly name = 'KubeconfigError';
  constructor(readonly source: string, problem: string) {
    super(`${source}: ${problem}`);
  }
}

/** The file's content, checked. */
export function parseFile(text: string, source: string): KubeconfigFile {
  let value: unknown;
  try {
    value = parse(text) ?? {};
  } catch (error) {
    // The message of the parser quotes the text, in which there may be keys: keep its first line and position alone.
    throw new KubeconfigError(source, `not YAML: ${error instanceof Error ? error.message.split('\n')[0]!.replace(/:$/, '') : 'unreadable'}`);
  }
  const result = kubeconfigSchema.safeParse(value);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  throw new KubeconfigError(source, `${fieldName(path, value)}: ${message}`);
}

/** `users[admin].user.token`: entries of the lists by their name, as a person looks for them. */
function fieldName(path: readonly PropertyKey[], root: unknown): string {
  let value = root;
  let text = '';
  for (const step of path) {
    value = typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[step] : undefined;
    const name = typeof value === 'object' && value !== null && 'name' in value ? value.name : undefined;
    text += typeof step === 'number' ? `[${typeof name === 'string' ? name : step}]` : `${text && '.'}${String(step)}`;
  }
  return text || 'kubeconfig';
}
