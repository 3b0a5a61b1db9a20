import type { Path } from '../finding';
import { finding } from '../finding';
import type { ObjectMeta, PodSpec, SeccompProfile, Toleration } from '../kinds';
import type { Findings, StringMap } from './common';
import { descendingPath } from './paths';
import { tolerations } from './scheduling';
import { eachContainer } from './security';

export const MIRROR_POD = 'kubernetes.io/config.mirror';
export const APPARMOR_PREFIX = 'container.apparmor.security.beta.kubernetes.io/';
export const SECCOMP_POD = 'seccomp.security.alpha.kubernetes.io/pod';
export const SECCOMP_CONTAINER_PREFIX = 'container.seccomp.security.alpha.kubernetes.io/';
const TOLERATIONS = 'scheduler.alpha.kubernetes.io/tolerations';
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';

function seccompProfile(out: Findings, path: Path, profile: string): void {
  if (['runtime/default', 'docker/default', 'unconfined'].includes(profile)) return;
  if (profile.startsWith('localhost/')) descendingPath(out, path, profile.slice('localhost/'.length));
  else out.push(finding.invalid(path, profile, 'must be a valid seccomp profile'));
}

function annotatedTolerations(out: Findings, path: Path, text: string): void {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch (error) {
    out.push(finding.invalid(path, TOLERATIONS, error instanceof Error ? error.message : String(error)));
    return;
  }
  const isToleration = (item: unknown): item is Toleration => typeof item === 'object' && item !== null;
  if (Array.isArray(list)) tolerations(out, path.child(TOLERATIONS), list.filter(isToleration));
}

const isDeletionCost = (text: string) =>
  /^(0|-?[1-9]\d*)$/.test(text) && Number(text) >= -2_147_483_648 && Number(text) <= 2_147_483_647;

function appArmor(out: Findings, path: Path, key: string, profile: string, spec: PodSpec): void {
  const name = key.slice(APPARMOR_PREFIX.length);
  let known = false;
  eachContainer(spec, path, (container) => {
    if (container.name === name) known = true;
  });
  if (!known) out.push(finding.invalid(path.key(key), name, 'container not found'));
  const wellFormed = ['', 'runtime/default', 'unconfined'].includes(profile) || profile.startsWith('localhost/');
  if (!wellFormed)
    out.push(finding.invalid(path.key(key), profile, `invalid AppArmor profile name: ${JSON.stringify(profile)}`));
}

/** The annotations that mean something to pods. */
export function podAnnotations(out: Findings, path: Path, map: StringMap | undefined, spec: PodSpec): void {
  if (!map) return;
  const mirror = map[MIRROR_POD];
  if (mirror !== undefined && !spec.nodeName) {
    out.push(finding.invalid(path.key(MIRROR_POD), mirror, 'must set spec.nodeName if mirror pod annotation is set'));
  }
  if (map[TOLERATIONS]) annotatedTolerations(out, path, map[TOLERATIONS]);
  const cost = map[DELETION_COST];
  if (cost !== undefined && !isDeletionCost(cost)) {
    out.push(finding.invalid(path.key(DELETION_COST), cost, 'must be a 32bit integer'));
  }
  const pod = map[SECCOMP_POD];
  if (pod !== undefined) seccompProfile(out, path.child(SECCOMP_POD), pod);
  for (const [key, profile] of Object.entries(map)) {
    if (key.startsWith(SECCOMP_CONTAINER_PREFIX)) seccompProfile(out, path.child(key), profile);
  }
  for (const [key, profile] of Object.entries(map)) {
    if (key.startsWith(APPARMOR_PREFIX)) appArmor(out, path, key, profile, spec);
  }
}

/** The annotations that a living pod must keep as they are. */
export function podAnnotationUpdates(out: Findings, path: Path, now: StringMap = {}, old: StringMap = {}): void {
  const guard = (key: string, verb: string) => {
    if (key.startsWith(APPARMOR_PREFIX))
      out.push(finding.forbidden(path.key(key), `may not ${verb} AppArmor annotations`));
    if (key === MIRROR_POD) out.push(finding.forbidden(path.key(key), `may not ${verb} mirror pod annotation`));
  };
  for (const [key, value] of Object.entries(old)) if (now[key] !== value) guard(key, 'remove or update');
  for (const key of Object.keys(now)) if (old[key] === undefined) guard(key, 'add');
}

type Profile = Pick<SeccompProfile, 'type' | 'localhostProfile'>;

function mismatch(
  what: string,
  annotation: string,
  { type, localhostProfile }: Profile,
): { field: string; detail: string } | undefined {
  const typeMismatch = { field: 'type', detail: `${what} type in annotation and field must match` };
  if (type === 'Unconfined') return annotation === 'unconfined' ? undefined : typeMismatch;
  if (type === 'RuntimeDefault') {
    const same = annotation === 'runtime/default' || (what === 'seccomp' && annotation === 'docker/default');
    return same ? undefined : typeMismatch;
  }
  if (type !== 'Localhost') return undefined;
  if (!annotation.startsWith('localhost/')) return typeMismatch;
  if (annotation.slice('localhost/'.length) === localhostProfile) return undefined;
  return { field: 'localhostProfile', detail: `${what} profile in annotation and field must match` };
}

/** Where both the old annotation and the field of a security profile are set, they must agree. */
export function profileAnnotationsMatch(out: Findings, path: Path, meta: ObjectMeta, spec: PodSpec): void {
  const map = meta.annotations;
  if (!map) return;
  const check = (what: string, key: string, profile: Profile | undefined, at: Path) => {
    const annotation = map[key];
    const found = annotation === undefined || !profile ? undefined : mismatch(what, annotation, profile);
    if (found) out.push(finding.forbidden(at.child(found.field), found.detail));
  };
  const ofPod = spec.securityContext;
  check('seccomp', SECCOMP_POD, ofPod?.seccompProfile, path.child('securityContext', 'seccompProfile'));
  eachContainer(spec, path, ({ name, securityContext }, at) => {
    check(
      'seccomp',
      SECCOMP_CONTAINER_PREFIX + name,
      securityContext?.seccompProfile,
      at.child('securityContext', 'seccompProfile'),
    );
  });
  if (spec.os?.name === 'windows') return;
  eachContainer(spec, path, ({ name, securityContext }, at) => {
    const profile = securityContext?.appArmorProfile ?? ofPod?.appArmorProfile;
    check('apparmor', APPARMOR_PREFIX + name, profile, at.child('securityContext', 'appArmorProfile'));
  });
}
