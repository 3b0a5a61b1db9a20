import * as z from 'zod';
import { containerRule } from '../rule';

interface Image {
  /** With the registry, without tag and digest. */
  name: string;
  tag: string | undefined;
  digest: string | undefined;
}

/** Undefined for no image at all, which the API server refuses. */
function parseImage(text: string | undefined): Image | undefined {
  const match = /^([^@]+?)(?::([\w][\w.-]*))?(?:@(\w[\w+.-]*:[0-9a-fA-F]+))?$/.exec(text ?? '');
  return match ? { name: match[1] ?? '', tag: match[2], digest: match[3] } : undefined;
}

/** `docker.io/library/nginx` of `nginx`: what the engine takes a short name for. */
function fullName(name: string): string {
  const first = name.split('/', 1)[0] ?? '';
  if (name.includes('/') && (/[.:]/.test(first) || first === 'localhost')) return name;
  return name.includes('/') ? `docker.io/${name}` : `docker.io/library/${name}`;
}

const tagOptions = z.object({
  blocked: z.array(z.string()).default(['latest']).describe('Tags that move.'),
});

export const imageTagMoving = containerRule<z.infer<typeof tagOptions>>({
  id: 'image-tag-moving',
  category: 'images',
  title: 'An image without a tag, or with a tag that moves',
  why:
    'An image without a tag is `latest`, and `latest` is another image tomorrow. Two nodes that pull at different ' +
    'times run different programs, and a rollback has nothing to go back to.',
  repair: 'Name the version that was tested: `nginx:1.27.4`. A digest (`nginx@sha256:…`) is good as well.',
  options: tagOptions,
  check({ container, path }, { blocked }) {
    const image = parseImage(container.image);
    if (!image || image.digest) return undefined;
    if (image.tag !== undefined && !blocked.includes(image.tag)) return undefined;
    const what = image.tag === undefined ? 'has no tag' : `has the tag "${image.tag}", which moves`;
    return { at: `${path}.image`, message: `image of container "${container.name}" ${what}` };
  },
});

export const imageNotPinned = containerRule({
  id: 'image-not-pinned',
  category: 'images',
  title: 'An image that is not pinned by its digest',
  why: 'A tag can be pushed again. Only a digest names the very bytes that were tested or signed.',
  repair: 'Add the digest behind the tag: `nginx:1.27.4@sha256:…`.',
  check({ container, path }) {
    const image = parseImage(container.image);
    if (!image || image.digest) return undefined;
    return { at: `${path}.image`, message: `image of container "${container.name}" is not pinned by a digest` };
  },
});

const registryOptions = z.object({
  allowed: z
    .array(z.string())
    .default([])
    .describe('Beginnings of image names, with the registry: `ghcr.io/acme`. None: every registry is good.'),
});

export const imageRegistryUnlisted = containerRule<z.infer<typeof registryOptions>>({
  id: 'image-registry-unlisted',
  category: 'images',
  title: 'An image from a registry that is not on the list',
  why:
    'Who may push to a registry decides what runs in the cluster. A list of registries keeps a mistyped or foreign ' +
    'name out.',
  repair: 'Copy the image to a registry of the list, or add its registry to the option `allowed`.',
  options: registryOptions,
  check({ container, path }, { allowed }) {
    const image = parseImage(container.image);
    if (!image || allowed.length === 0) return undefined;
    const name = fullName(image.name);
    if (allowed.some((prefix) => name === prefix || name.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`)))
      return undefined;
    return { at: `${path}.image`, message: `${name} is from none of the listed registries (${allowed.join(', ')})` };
  },
});

export const imagePullPolicyNotAlways = containerRule({
  id: 'image-pull-policy-not-always',
  category: 'images',
  title: 'An image that is not pulled at each start',
  why:
    'Without `imagePullPolicy: Always` a node runs the copy that it has. A tag that was pushed again goes ' +
    'unnoticed, and a pod can use a private image that somebody else pulled, without showing its pull secret.',
  repair: 'Set `imagePullPolicy: Always`. The layers are still cached: only the name is looked up.',
  check({ container, path }) {
    const image = parseImage(container.image);
    const implied = container.imagePullPolicy === undefined && image && (image.tag ?? 'latest') === 'latest';
    if (container.imagePullPolicy === 'Always' || image?.digest || implied) return undefined;
    return {
      at: `${path}.imagePullPolicy`,
      message: `image of container "${container.name}" is not pulled at each start`,
      fix: { title: 'Pull the image at each start', edits: [{ set: `${path}.imagePullPolicy`, value: 'Always' }] },
    };
  },
});

export const imageRules = [imageTagMoving, imageNotPinned, imageRegistryUnlisted, imagePullPolicyNotAlways];
