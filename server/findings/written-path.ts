import type { ResourceInfo } from '../../runtime/api/resource';

/** Where the API server speaks of a field by another path than the one that a manifest has. */
const REWRITES: Readonly<Record<string, readonly (readonly [RegExp, string])[]>> = {
  CustomResourceDefinition: [
    // What all versions share it speaks of as the definition's own.
    [/^spec\.validation(?=\.|$)/, 'spec.versions[0].schema'],
    [/^spec\.(subresources|additionalPrinterColumns|selectableFields)(?=[.[]|$)/, 'spec.versions[0].$1'],
    [/^spec\.version$/, 'spec.versions[0].name'],
    [/^spec\.conversion\.webhookClientConfig/, 'spec.conversion.webhook.clientConfig'],
    [/^spec\.conversion\.conversionReviewVersions/, 'spec.conversion.webhook.conversionReviewVersions'],
    [/\.JSONPath$/, '.jsonPath'],
  ],
  Node: [[/^metadata\.taints/, 'spec.taints']],
  Service: [[/^spec\.LoadBalancerSourceRanges/, 'spec.loadBalancerSourceRanges']],
  CSIDriver: [[/^spec\.attachedRequired$/, 'spec.attachRequired']],
  Lease: [[/^spec\.strategy\.strategy$/, 'spec.strategy']],
  LeaseCandidate: [[/^spec\.strategy\.strategy$/, 'spec.strategy']],
  MutatingAdmissionPolicyBinding: [[/^spec\.matchResouces/, 'spec.matchResources']],
  ValidatingAdmissionPolicyBinding: [[/^spec\.matchResouces/, 'spec.matchResources']],
  PersistentVolume: [
    [/^spec\.persistentDisk/, 'spec.gcePersistentDisk'],
    [/^spec\.cephFS/, 'spec.cephfs'],
  ],
  Ingress: [[/^annotations\.(.*)$/, 'metadata.annotations[$1]']],
};

/** The path, in the manifest, of what the API server names by `path`. */
export function writtenPath(path: string, type: Pick<ResourceInfo, 'kind'> | undefined): string {
  const rewrites = type && Object.hasOwn(REWRITES, type.kind) ? (REWRITES[type.kind] ?? []) : [];
  return rewrites.reduce((text, [from, to]) => text.replace(from, to), path);
}
