import * as z from 'zod';
import type { ConfigMap } from '../../../runtime/api/kinds';
import { containerRule, objectRule, podRule, type LintRule } from '../rule';

const secretName =
  /password|passwd|secret|token|bearer|credential|api_?key|private_?key|^azure_.+key$|^oci_cli_key_content$/i;
/** Names of what is about a secret and isn't one: where it lies, how long it holds. */
const aboutWords =
  'name names path file dir url uri ttl length size expir\\w* timeout enabled type key_?ref issuer audience algorithm ' +
  'header namespace lifetime duration policy min max';
const aboutSecret = new RegExp(`(_|-|\\.|^)(${aboutWords.replaceAll(' ', '|')})$`, 'i');
const privateKey = /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----/;

const isSecretName = (name: string, value: string) =>
  value !== '' &&
  secretName.test(name) &&
  !aboutSecret.test(name) &&
  !/^(true|false|yes|no|\d+)$/i.test(value) &&
  !/^\$[({]/.test(value);

export const secretInEnvironment = containerRule({
  id: 'secret-in-environment',
  category: 'security',
  title: 'A secret in the text of an environment variable',
  why: 'Whoever may read the workload, its history or this repository reads it too.',
  repair: 'Put it into a Secret and refer to it with `valueFrom.secretKeyRef`, or mount it as a file.',
  check: ({ container, path }) =>
    (container.env ?? []).map(({ name, value = '' }, i) => {
      if (!isSecretName(name, value)) return undefined;
      return { at: `${path}.env[${i}].value`, message: `variable ${name} looks like a secret in plain text` };
    }),
});

export const secretFromEnvironment = containerRule({
  id: 'secret-from-environment',
  category: 'security',
  title: 'A Secret that is read from the environment',
  why:
    'Environment variables are inherited by every child process and end up in crash reports and logs; a changed ' +
    'Secret reaches them only with a restart.',
  repair: 'Mount the Secret as a volume and read the file.',
  check: ({ container, path }) => [
    ...(container.env ?? []).map(({ name, valueFrom }, i) =>
      valueFrom?.secretKeyRef
        ? { at: `${path}.env[${i}].valueFrom.secretKeyRef`, message: `variable ${name} holds a key of a Secret` }
        : undefined,
    ),
    ...(container.envFrom ?? []).map(({ secretRef }, i) =>
      secretRef
        ? {
            at: `${path}.envFrom[${i}].secretRef`,
            message: `the environment holds all of Secret "${secretRef.name ?? ''}"`,
          }
        : undefined,
    ),
  ],
});

export const secretInConfigMap = objectRule<ConfigMap>(['/ConfigMap'], {
  id: 'secret-in-config-map',
  category: 'security',
  title: 'A secret in a ConfigMap',
  why: 'ConfigMaps are readable for many more than Secrets are, and are not encrypted in the store.',
  repair: 'Move it to a Secret.',
  check: ({ object: { data } }) =>
    Object.entries(data ?? {}).map(([key, value]) =>
      isSecretName(key, value) && !/\n.*\n/.test(value)
        ? { at: `data[${key}]`, message: `${key} looks like a secret in plain text` }
        : undefined,
    ),
});

const exposed = (at: string) => ({ at, message: 'a private key in plain text' });

export const privateKeyExposed = objectRule<ConfigMap>(['/ConfigMap'], {
  id: 'private-key-exposed',
  category: 'security',
  recommended: true,
  title: 'A private key in a ConfigMap or in the environment',
  why: 'Whoever can read the object, its history or this repository has the key: it has to be replaced.',
  repair: 'Make a new key, and put it into a Secret (`kubectl create secret tls`).',
  check: ({ object: { data } }) =>
    Object.entries(data ?? {}).map(([key, value]) => (privateKey.test(value) ? exposed(`data[${key}]`) : undefined)),
});

export const privateKeyInEnvironment = containerRule({
  id: 'private-key-in-environment',
  category: 'security',
  recommended: true,
  title: 'A private key in the text of a container',
  why: 'Whoever can read the workload, its history or this repository has the key: it has to be replaced.',
  repair: 'Make a new key, put it into a Secret and mount that.',
  check: ({ container, path }) => [
    ...(container.env ?? []).map(({ value = '' }, i) =>
      privateKey.test(value) ? exposed(`${path}.env[${i}].value`) : undefined,
    ),
    ...(['command', 'args'] as const).flatMap((field) =>
      (container[field] ?? []).map((text, i) =>
        privateKey.test(text) ? exposed(`${path}.${field}[${i}]`) : undefined,
      ),
    ),
  ],
});

export const serviceAccountDefault = podRule({
  id: 'service-account-default',
  category: 'security',
  title: 'Pods of the default service account',
  why: 'What one of them is allowed, all pods of the namespace that name no account are allowed.',
  repair: 'Make a ServiceAccount for the workload and name it in `serviceAccountName`.',
  check({ spec, path }) {
    const name = spec.serviceAccountName ?? spec.serviceAccount ?? '';
    if (name !== '' && name !== 'default') return undefined;
    return { at: `${path}.serviceAccountName`, message: 'the pod runs as the default service account' };
  },
});

export const serviceAccountFieldDeprecated = podRule({
  id: 'service-account-field-deprecated',
  category: 'security',
  recommended: true,
  title: 'The old name of serviceAccountName',
  why: '`serviceAccount` is deprecated. Where both fields are written, `serviceAccountName` wins.',
  repair: 'Write `serviceAccountName`.',
  check({ spec, path }) {
    if (spec.serviceAccount === undefined) return undefined;
    const at = `${path}.serviceAccount`;
    const both = spec.serviceAccountName !== undefined;
    const differ = both && spec.serviceAccountName !== spec.serviceAccount;
    return {
      at,
      message: differ
        ? `serviceAccount is deprecated, and serviceAccountName says something else`
        : 'serviceAccount is deprecated: use serviceAccountName',
      fix: both
        ? { title: 'Take serviceAccount away', edits: [{ remove: at }] }
        : { title: 'Rename it to serviceAccountName', edits: [{ rename: at, to: 'serviceAccountName' }] },
    };
  },
});

export const serviceAccountTokenMounted = podRule({
  id: 'service-account-token-mounted',
  category: 'security',
  wide: true,
  title: 'Pods that are given a token of the API server',
  why: 'Most programs never talk to the API server. Who gets into the container finds the token and can.',
  repair: 'Set `automountServiceAccountToken: false` for the pod, or for its ServiceAccount.',
  check({ spec, path, subject }, _options, neighbours) {
    if (spec.automountServiceAccountToken === false) return undefined;
    const name = spec.serviceAccountName ?? spec.serviceAccount ?? 'default';
    const account = neighbours
      .in<{ automountServiceAccountToken?: boolean }>(subject.namespace, '/ServiceAccount')
      .find((candidate) => candidate.name === name);
    if (spec.automountServiceAccountToken === undefined && account?.object.automountServiceAccountToken === false)
      return undefined;
    return {
      at: `${path}.automountServiceAccountToken`,
      message: 'the pod is given a token of the API server',
      fix: { title: 'Give it none', edits: [{ set: `${path}.automountServiceAccountToken`, value: false }] },
    };
  },
});

const tokenOptions = z.object({
  max: z.number().int().min(600).default(86_400).describe('Seconds that a token may be good for.'),
});

export const serviceAccountTokenLong = podRule<z.infer<typeof tokenOptions>>({
  id: 'service-account-token-long',
  category: 'security',
  title: 'A projected token that is good for long',
  why: 'A token that was stolen from a pod is good until it expires, whatever becomes of the pod.',
  repair: 'Set `expirationSeconds: 3600`: the kubelet renews it in time.',
  options: tokenOptions,
  check: ({ spec, path }, { max }) =>
    (spec.volumes ?? []).flatMap(({ projected }, i) =>
      (projected?.sources ?? []).map(({ serviceAccountToken }, j) => {
        const seconds = serviceAccountToken?.expirationSeconds;
        if (seconds === undefined || seconds <= max) return undefined;
        const at = `${path}.volumes[${i}].projected.sources[${j}].serviceAccountToken.expirationSeconds`;
        const fix = { title: 'Renew it each hour', edits: [{ set: at, value: 3600 }] };
        return { at, message: `the token is good for ${seconds} seconds: more than ${max}`, fix };
      }),
    ),
});

export const secretRules: LintRule[] = [
  secretInEnvironment,
  secretFromEnvironment,
  secretInConfigMap,
  privateKeyExposed,
  privateKeyInEnvironment,
  serviceAccountDefault,
  serviceAccountFieldDeprecated,
  serviceAccountTokenMounted,
  serviceAccountTokenLong,
];
