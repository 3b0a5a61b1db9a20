import { finding } from '../finding';
import type { VolumeAttachment, VolumeAttachmentSource, VolumeAttachmentStatus, VolumeError } from '../kinds';
import { byteLength } from '../names';
import type { Findings } from './common';
import { dnsSubdomain, immutable, SPEC, STATUS } from './common';
import { inlineVolume } from './persistent-volume';
import type { KindRules } from './rules';
import { csiDriverName } from './volume-sources';

const MAX_METADATA = 256 * 1024;
const MAX_MESSAGE = 1024;

function source(out: Findings, { persistentVolumeName: name, inlineVolumeSpec: inline }: VolumeAttachmentSource): void {
  const path = SPEC.child('source');
  const exactlyOne = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';
  if (inline && name !== undefined) out.push(finding.forbidden(path, exactlyOne));
  else if (inline) inlineVolume(out, path.child('inlineVolumeSpec'), inline);
  else if (name === undefined) out.push(finding.required(path, exactlyOne));
  else if (!name) {
    out.push(finding.required(path.child('persistentVolumeName'), 'must specify non empty persistentVolumeName'));
  }
}

function create({ spec }: VolumeAttachment): Findings {
  const out: Findings = [];
  const attacher = spec?.attacher ?? '';
  if (!attacher) out.push(finding.required(SPEC.child('attacher')));
  source(out, spec?.source ?? {});
  dnsSubdomain(out, SPEC.child('nodeName'), spec?.nodeName ?? '');
  csiDriverName(out, SPEC.child('attacher'), attacher);
  const name = spec?.source?.persistentVolumeName;
  if (name !== undefined) dnsSubdomain(out, SPEC.child('source', 'persistentVolumeName'), name);
  return out;
}

function volumeError(out: Findings, field: 'attachError' | 'detachError', error: VolumeError | undefined): void {
  const path = STATUS.child(field);
  if (byteLength(error?.message ?? '') > MAX_MESSAGE) out.push(finding.tooLong(path.child('message'), MAX_METADATA));
  const code = error?.errorCode;
  if (code !== undefined && code < 0) {
    out.push(finding.invalid(path.child('errorCode'), code, 'must be between 0 and 2147483647, inclusive'));
  }
}

function status(out: Findings, given: Partial<VolumeAttachmentStatus>): void {
  const entries = Object.entries(given.attachmentMetadata ?? {});
  const size = entries.reduce((sum, [key, value]) => sum + byteLength(key) + byteLength(value), 0);
  if (size > MAX_METADATA) out.push(finding.tooLong(STATUS.child('attachmentMetadata'), MAX_METADATA));
  volumeError(out, 'attachError', given.attachError);
  volumeError(out, 'detachError', given.detachError);
}

function update(object: VolumeAttachment, old: VolumeAttachment): Findings {
  const out = create(object);
  status(out, object.status ?? {});
  immutable(out, SPEC, object.spec, old.spec);
  return out;
}

export const volumeAttachment: KindRules<VolumeAttachment> = { create, update, updateStatus: update };
