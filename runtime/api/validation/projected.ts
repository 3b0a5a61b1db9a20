import type { Path } from '../finding';
import { finding } from '../finding';
import type {
  ClusterTrustBundleProjection, PodCertificateProjection, ProjectedVolumeSource, ServiceAccountTokenProjection,
  VolumeProjection,
} from '../kinds';
import { dns1123SubdomainProblems } from '../names';
import { signerName as signer } from './certificates';
import type { Findings } from './common';
import { invalidEach, labelSelector } from './common';
import { localPath } from './paths';
import { downwardFile, fileMode, keyToPath, requireFields } from './volume-sources';

const CONFLICT = 'conflicting duplicate paths';
const MAX_EXPIRATION = 2 ** 32;

function claimPath(out: Findings, path: Path, taken: Set<string>, file: string | undefined, value: string): void {
  if (!file) return;
  if (taken.has(file)) out.push(finding.invalid(path, value, CONFLICT));
  taken.add(file);
}

function token(
  out: Findings,
  volume: Path,
  path: Path,
  { expirationSeconds, path: file }: ServiceAccountTokenProjection,
): void {
  const seconds = expirationSeconds ?? 3600;
  const at = path.child('expirationSeconds');
  if (seconds < 600) out.push(finding.invalid(at, seconds, 'may not specify a duration less than 10 minutes'));
  if (seconds > MAX_EXPIRATION)
    out.push(finding.invalid(at, seconds, 'may not specify a duration larger than 2^32 seconds'));
  if (!file) out.push(finding.required(volume.child('path')));
  else localPath(out, volume.child('path'), file);
}

function trustBundle(out: Findings, path: Path, bundle: ClusterTrustBundleProjection): void {
  const { name, signerName } = bundle;
  if (name !== undefined && signerName !== undefined) {
    out.push(finding.invalid(path, bundle, 'only one of name and signerName may be used'));
  } else if (name !== undefined) {
    if (name === '') out.push(finding.required(path.child('name'), 'must be a valid object name'));
    const problems = dns1123SubdomainProblems(name.replaceAll(':', '.'));
    invalidEach(
      out,
      path.child('name'),
      name,
      problems.map((problem) => `not a valid clustertrustbundlename: ${problem}`),
    );
    if (bundle.labelSelector) {
      out.push(finding.invalid(
        path.child('labelSelector'),
        bundle.labelSelector,
        'labelSelector must be unset if name is specified',
      ));
    }
  } else if (signerName !== undefined) {
    if (signerName === '') out.push(finding.required(path.child('signerName'), 'must be a valid signer name'));
    signer(out, path.child('signerName'), signerName);
    labelSelector(out, path.child('labelSelector'), bundle.labelSelector);
  } else out.push(finding.required(path, 'either name or signerName must be specified'));
  requireFields(out, path, bundle, 'path');
  localPath(out, path.child('path'), bundle.path ?? '');
}

function certificate(out: Findings, path: Path, projection: PodCertificateProjection): void {
  requireFields(out, path, projection, 'signerName', 'keyType');
  for (const field of ['credentialBundlePath', 'keyPath', 'certificateChainPath'] as const) {
    const file = projection[field];
    if (file) localPath(out, path.child(field), file);
  }
}

function projection(out: Findings, volume: Path, path: Path, source: VolumeProjection, taken: Set<string>): void {
  for (const kind of ['secret', 'configMap'] as const) {
    const files = source[kind];
    if (!files) continue;
    const at = path.child(kind);
    if (!files.name) out.push(finding.required(at.child('name')));
    files.items?.forEach((item, i) => {
      keyToPath(out, at.child('items').index(i), item);
      claimPath(out, volume, taken, item.path, files.name ?? '');
    });
  }
  for (const file of source.downwardAPI?.items ?? []) {
    downwardFile(out, path.child('downwardAPI'), file);
    claimPath(out, volume, taken, file.path, file.path);
  }
  if (source.serviceAccountToken) token(out, volume, path.child('serviceAccountToken'), source.serviceAccountToken);
  if (source.clusterTrustBundle) {
    trustBundle(out, path.child('clusterTrustBundle'), source.clusterTrustBundle);
    claimPath(out, volume, taken, source.clusterTrustBundle.path, source.clusterTrustBundle.path);
  }
  if (source.podCertificate) certificate(out, path.child('podCertificate'), source.podCertificate);
  if (Object.values(source).filter((value) => value !== undefined).length > 1) {
    out.push(finding.forbidden(path, 'may not specify more than 1 volume type per source'));
  }
}

export function projected(out: Findings, path: Path, source: ProjectedVolumeSource): void {
  fileMode(out, path.child('defaultMode'), source.defaultMode);
  const taken = new Set<string>();
  source.sources?.forEach((item, i) => projection(out, path, path.child('sources').index(i), item, taken));
}
