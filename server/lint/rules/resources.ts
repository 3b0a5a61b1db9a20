import * as z from 'zod';
import { parseQuantity, tryParseQuantity } from '../../../runtime/api/quantity';
import type { ResourceRequirements } from '../../../runtime/api/kinds';
import { containerRule, type LintRule } from '../rule';
import type { ContainerView } from '../subject';

type Which = 'requests' | 'limits';

const names: Record<string, { id: string; text: string; suggested: string }> = {
  cpu: { id: 'cpu', text: 'CPU', suggested: '100m' },
  memory: { id: 'memory', text: 'memory', suggested: '128Mi' },
  'ephemeral-storage': { id: 'ephemeral-storage', text: 'ephemeral storage', suggested: '1Gi' },
};

const why: Record<string, string> = {
  'cpu.requests':
    'The scheduler takes a pod without a CPU request for one that needs none, and puts it on a node that is busy ' +
    'already; under load it gets next to no time.',
  'cpu.limits':
    'Without a CPU limit one container can take all the time that its neighbours have not requested. (Some leave it ' +
    'out on purpose: a limit throttles even where CPU is idle.)',
  'memory.requests':
    'The scheduler takes a pod without a memory request for one that needs none. When the node runs short, such ' +
    'pods are killed first.',
  'memory.limits':
    'Without a memory limit a leak takes the memory of the whole node, and the kernel may kill any other pod for it.',
  'ephemeral-storage.requests':
    'The scheduler does not know what the pod writes to the disk of its node: logs, `emptyDir` volumes, its ' +
    'writable layer.',
  'ephemeral-storage.limits':
    'Without a limit a container can fill the disk of its node; then the kubelet evicts pods until there is room.',
};

const amount = (resources: ResourceRequirements | undefined, which: Which, name: string) => resources?.[which]?.[name];

/** What is not asked for is what the limit allows: the API server fills it in. */
function isMissing({ container, pod }: ContainerView, which: Which, name: string): boolean {
  const stated = (resources: ResourceRequirements | undefined) =>
    amount(resources, which, name) !== undefined ||
    (which === 'requests' && amount(resources, 'limits', name) !== undefined);
  return !stated(container.resources) && !stated(pod.spec.resources);
}

function missing(name: string, which: Which): LintRule {
  const { id, text, suggested } = names[name]!;
  const one = which.slice(0, -1);
  const options = z.object({
    value: z.string().default(suggested).describe('What the quick fix writes.'),
    init: z.boolean().default(true).describe('Whether init containers are looked at.'),
  });
  return containerRule<z.infer<typeof options>>({
    id: `${id}-${one}-missing`,
    category: 'resources',
    title: `A container without a ${text} ${one}`,
    why: why[`${name}.${which}`] ?? '',
    repair: `Set \`resources.${which}.${name}\` to what the container was seen to need.`,
    options,
    check(view, { value, init }) {
      const { container, path, role } = view;
      if (role === 'ephemeral' || (role === 'init' && !init) || !isMissing(view, which, name)) return undefined;
      const requested = which === 'limits' ? amount(container.resources, 'requests', name) : undefined;
      const written = requested ?? value;
      return {
        at: `${path}.resources`,
        message: `container "${container.name}" has no ${text} ${one}`,
        fix: {
          title: `Set the ${text} ${one} to ${written}`,
          edits: [{ set: `${path}.resources.${which}.${name}`, value: written }],
        },
      };
    },
  });
}

function different(name: string): LintRule {
  const { id, text } = names[name]!;
  return containerRule({
    id: `${id}-request-below-limit`,
    category: 'resources',
    title: `A ${text} request that is not the limit`,
    why:
      `What lies between request and limit is not set aside for the container. Where it is used all the same, a ` +
      `full node takes it back: the pod is of the class Burstable, not Guaranteed.`,
    repair: `Set \`resources.requests.${name}\` to the limit.`,
    check({ container, path, role }) {
      const request = amount(container.resources, 'requests', name);
      const limit = amount(container.resources, 'limits', name);
      if (role === 'ephemeral' || limit === undefined || request === undefined) return undefined;
      const [asked, allowed] = [tryParseQuantity(request), tryParseQuantity(limit)];
      if (!asked || !allowed || asked.compare(allowed) === 0) return undefined;
      return {
        at: `${path}.resources.requests.${name}`,
        message: `container "${container.name}" requests ${request} of ${text} and may use ${limit}`,
        fix: {
          title: `Request ${limit}`,
          edits: [{ set: `${path}.resources.requests.${name}`, value: limit }],
        },
      };
    },
  });
}

const smallest = parseQuantity('1Mi');

export const memoryAmountTiny = containerRule({
  id: 'memory-amount-tiny',
  category: 'resources',
  recommended: true,
  title: 'A memory amount below one mebibyte',
  why:
    'A number without a unit is bytes: `memory: 128` is 128 bytes, with which no process starts. `m` is a ' +
    'thousandth, not a megabyte.',
  repair: 'Write the unit: `128Mi`.',
  check({ container, path }) {
    return (['limits', 'requests'] as const).map((which) => {
      const written = amount(container.resources, which, 'memory');
      const quantity = written === undefined ? undefined : tryParseQuantity(written);
      if (written === undefined || !quantity || quantity.sign() <= 0 || quantity.compare(smallest) >= 0)
        return undefined;
      const at = `${path}.resources.${which}.memory`;
      const number = /^\d+/.exec(written)?.[0];
      return {
        at,
        message: `memory ${which.slice(0, -1)} ${written} is below a mebibyte: no unit is bytes, "m" is a thousandth`,
        ...(number && { fix: { title: `Write ${number}Mi`, edits: [{ set: at, value: `${number}Mi` }] } }),
      };
    });
  },
});

export const resourceRules = [
  ...Object.keys(names).flatMap((name) => [missing(name, 'requests'), missing(name, 'limits'), different(name)]),
  memoryAmountTiny,
];
