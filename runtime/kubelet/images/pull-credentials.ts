import type { Secret } from '../../api/kinds';
import * as z from 'zod';

const entry = z.object({
  username: z.string().optional(),
  password: z.string().optional(),
  auth: z.string().optional(),
});
const auths = z.record(z.string(), entry);
const dockerConfig = z.object({ auths: auths.default({}) });

export interface Credentials {
  username: string;
  password: string;
}

/** Credentials for the image's registry out of pull secrets of both types; the longest match wins. */
export function credentialsFor(image: string, secrets: readonly Secret[]): Credentials | undefined {
  const repository = repositoryOf(image);
  let best: { length: number; credentials: Credentials } | undefined;
  for (const secret of secrets) {
    for (const [server, value] of Object.entries(serversOf(secret))) {
      const prefix = server
        .replace(/^https?:\/\//, '')
        .replace(/\/v[12]\/?$/, '')
        .replace(/\/$/, '')
        .replace(/^index\.docker\.io/, 'docker.io');
      if (repository !== prefix && !repository.startsWith(`${prefix}/`)) continue;
      const credentials = decode(value);
      if (credentials && prefix.length > (best?.length ?? -1)) best = { length: prefix.length, credentials };
    }
  }
  return best?.credentials;
}

function serversOf({ type, data = {} }: Secret): z.infer<typeof auths> {
  try {
    const text = (key: string): unknown => JSON.parse(Buffer.from(data[key] ?? '', 'base64').toString());
    if (type === 'kubernetes.io/dockerconfigjson') return dockerConfig.parse(text('.dockerconfigjson')).auths;
    return type === 'kubernetes.io/dockercfg' ? auths.parse(text('.dockercfg')) : {};
  } catch {
    // A pull secret that can't be read is as good as none, as upstream has it.
    return {};
  }
}

function decode({ username, password, auth }: z.infer<typeof entry>): Credentials | undefined {
  if (username !== undefined && password !== undefined) return { username, password };
  const [user, ...rest] = Buffer.from(auth ?? '', 'base64')
    .toString()
    .split(':');
  return user && rest.length > 0 ? { username: user, password: rest.join(':') } : undefined;
}

/** Registry and path of a reference: `docker.io/library/nginx`. */
function repositoryOf(image: string): string {
  const name = image.replace(/@.*$/, '').replace(/:[^/:]*$/, '');
  const [first = ''] = name.split('/');
  const hasRegistry = name.includes('/') && (first.includes('.') || first.includes(':') || first === 'localhost');
  if (hasRegistry) return name;
  return name.includes('/') ? `docker.io/${name}` : `docker.io/library/${name}`;
}
