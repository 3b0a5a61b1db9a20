import type { Path } from '../finding';
import { finding } from '../finding';
import type {
  AzureDiskVolumeSource, DownwardAPIVolumeFile, FCVolumeSource, ISCSIVolumeSource, KeyToPath, Volume,
} from '../kinds';
import { dns1123SubdomainProblems, rangeMessage } from '../names';
import type { Findings } from './common';
import { dnsLabel, invalidEach, optionalOneOf } from './common';
import { fieldRef, resourceFieldRef, VOLUME_FIELDS } from './env';
import { localPath, noBacksteps } from './paths';

const MODE_MESSAGE = 'must be a number between 0 and 0777 (octal), both inclusive';

export function fileMode(out: Findings, path: Path, mode: number | undefined): void {
  if (mode !== undefined && (mode < 0 || mode > 0o777)) out.push(finding.invalid(path, mode, MODE_MESSAGE));
}

/** Reports each of the fields that is unset or empty. */
export function requireFields<T extends object>(
  out: Findings,
  path: Path,
  source: T,
  ...fields: (keyof T & string)[]
): void {
  for (const field of fields) {
    const value = source[field];
    if (value === undefined || value === '' || (Array.isArray(value) && value.length === 0)) {
      out.push(finding.required(path.child(field)));
    }
  }
}

const HOST_PATH_TYPES =
  ['', 'BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket'];

export function hostPath(out: Findings, path: Path, source: { path: string; type?: string }): void {
  if (!source.path) {
    out.push(finding.required(path.child('path')));
    return;
  }
  noBacksteps(out, path.child('path'), source.path);
  optionalOneOf(out, path.child('type'), source.type, HOST_PATH_TYPES);
}

export function partitioned(idField: 'pdName' | 'volumeID') {
  return (out: Findings, path: Path, source: { pdName?: string; volumeID?: string; partition?: number }): void => {
    if (!source[idField]) out.push(finding.required(path.child(idField)));
    const partition = source.partition ?? 0;
    if (partition < 0 || partition > 255) {
      out.push(finding.invalid(path.child('partition'), partition, rangeMessage(1, 255)));
    }
  };
}

export function keyToPath(out: Findings, path: Path, item: KeyToPath): void {
  requireFields(out, path, item, 'key', 'path');
  localPath(out, path.child('path'), item.path ?? '');
  fileMode(out, path.child('mode'), item.mode);
}

export function keyed(nameField: 'secretName' | 'name') {
  return (out: Findings, path: Path, source: { secretName?: string; name?: string; defaultMode?: number; items?: KeyToPath[] }): void => {
    if (!source[nameField]) out.push(finding.required(path.child(nameField)));
    fileMode(out, path.child('defaultMode'), source.defaultMode);
    source.items?.forEach((item, i) => keyToPath(out, path.child('items').index(i), item));
  };
}

export function nfs(out: Findings, path: Path, source: { server: string; path: string }): void {
  requireFields(out, path, source, 'server', 'path');
  if (!source.path?.startsWith('/'))
    out.push(finding.invalid(path.child('path'), source.path ?? '', 'must be an absolute path'));
}

const IQN = /iqn\.\d{4}-\d{2}\.([a-zA-Z0-9-.]+)(:[^,;*&$|\s]+)$/;
const EUI = /^eui.[a-zA-Z0-9]{16}$/;
const NAA = /^naa.[a-zA-Z0-9]{32}$/;

function iscsiName(out: Findings, path: Path, name: string, prefixDetail: string): void {
  const form = new Map([['iqn', IQN], ['eui', EUI], ['naa', NAA]]).get(name.slice(0, 3));
  if (!form) out.push(finding.invalid(path, name, prefixDetail));
  else if (!form.test(name)) out.push(finding.invalid(path, name, 'must be valid format'));
}

type Iscsi = Omit<ISCSIVolumeSource, 'secretRef'> & { secretRef?: { name?: string } };

/** `persistent` is upstream's shorter wording for PersistentVolumes. */
export function iscsi(out: Findings, path: Path, source: Iscsi, persistent = false): void {
  const prefixDetail = persistent ? 'must be valid format' : 'must be valid format starting with iqn, eui, or naa';
  requireFields(out, path, source, 'targetPortal', 'iqn');
  if (source.iqn) iscsiName(out, path.child('iqn'), source.iqn, prefixDetail);
  const lun = source.lun ?? 0;
  if (lun < 0 || lun > 255) out.push(finding.invalid(path.child('lun'), lun, rangeMessage(0, 255)));
  if ((source.chapAuthDiscovery || source.chapAuthSession) && !source.secretRef)
    out.push(finding.required(path.child('secretRef')));
  if (source.initiatorName !== undefined)
    iscsiName(out, path.child('initiatorname'), source.initiatorName, prefixDetail);
}

export function fibreChannel(out: Findings, path: Path, { targetWWNs = [], wwids = [], lun }: FCVolumeSource): void {
  const at = path.child('targetWWNs');
  if (!targetWWNs.length && !wwids.length)
    out.push(finding.required(at, 'must specify either targetWWNs or wwids, but not both'));
  if (targetWWNs.length && wwids.length) {
    out.push(finding.invalid(at, targetWWNs, 'targetWWNs and wwids can not be specified simultaneously'));
  }
  if (!targetWWNs.length) return;
  if (lun === undefined) out.push(finding.required(path.child('lun'), 'lun is required if targetWWNs is specified'));
  else if (lun < 0 || lun > 255) out.push(finding.invalid(path.child('lun'), lun, rangeMessage(0, 255)));
}

export function flocker(out: Findings, path: Path, source: { datasetName?: string; datasetUUID?: string }): void {
  const { datasetName, datasetUUID } = source;
  if (!datasetName && !datasetUUID) out.push(finding.required(path, 'one of datasetName and datasetUUID is required'));
  if (datasetName && datasetUUID) {
    out.push(finding.invalid(path, 'resource', 'datasetName and datasetUUID can not be specified simultaneously'));
  }
  if (datasetName?.includes('/'))
    out.push(finding.invalid(path.child('datasetName'), datasetName, "must not contain '/'"));
}

export function flexVolume(
  out: Findings,
  path: Path,
  source: { driver: string; options?: Record<string, string> },
): void {
  requireFields(out, path, source, 'driver');
  for (const key of Object.keys(source.options ?? {})) {
    const domain = `.${key.includes('/') ? key.slice(0, key.indexOf('/')) : key}`.toLowerCase();
    if (!domain.endsWith('.kubernetes.io') && !domain.endsWith('.k8s.io')) continue;
    out.push(finding.invalid(path.child('options').key(key), key, 'kubernetes.io and k8s.io namespaces are reserved'));
  }
}

const MANAGED_DISK_URI =
  '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}';
const BLOB_DISK_URI = 'https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd';

export function azureDisk(out: Findings, path: Path, source: AzureDiskVolumeSource): void {
  requireFields(out, path, source, 'diskName', 'diskURI');
  optionalOneOf(out, path.child('cachingMode'), source.cachingMode, ['None', 'ReadOnly', 'ReadWrite']);
  optionalOneOf(out, path.child('kind'), source.kind, ['Dedicated', 'Managed', 'Shared']);
  const managed = source.kind === 'Managed';
  if (source.kind === undefined || source.diskURI?.startsWith(managed ? '/subscriptions/' : 'https://')) return;
  out.push(finding.notSupported(
    path.child('diskURI'),
    source.diskURI ?? '',
    [managed ? MANAGED_DISK_URI : BLOB_DISK_URI],
  ));
}

export function quobyte(
  out: Findings,
  path: Path,
  source: { registry: string; tenant?: string; volume: string },
): void {
  const detail = 'must be a host:port pair or multiple pairs separated by commas';
  if (!source.registry) out.push(finding.required(path.child('registry'), detail));
  else if ((source.tenant ?? '').length >= 65) {
    out.push(finding.required(path.child('tenant'), 'must be a UUID and may not exceed a length of 64 characters'));
  } else if (!source.registry.split(',').every((pair) => /^([^:[\]]*|\[[^\]]*\]):[^:]*$/.test(pair))) {
    out.push(finding.invalid(path.child('registry'), source.registry, detail));
  }
  requireFields(out, path, source, 'volume');
}

export function storageOs(
  out: Findings,
  path: Path,
  source: { volumeName?: string; volumeNamespace?: string; secretRef?: { name?: string } },
): void {
  if (!source.volumeName) out.push(finding.required(path.child('volumeName')));
  else dnsLabel(out, path.child('volumeName'), source.volumeName);
  if (source.volumeNamespace) dnsLabel(out, path.child('volumeNamespace'), source.volumeNamespace);
  if (source.secretRef && !source.secretRef.name) out.push(finding.required(path.child('secretRef', 'name')));
}

export function csiDriverName(out: Findings, path: Path, driver: string | undefined): void {
  const name = driver ?? '';
  if (!name) out.push(finding.required(path));
  if (name.length > 63) out.push(finding.tooLong(path, 63));
  invalidEach(out, path, name, dns1123SubdomainProblems(name.toLowerCase()));
}

/** One file of a downward-API volume; `path` is the volume's, as upstream has it. */
export function downwardFile(out: Findings, path: Path, file: DownwardAPIVolumeFile): void {
  requireFields(out, path, file, 'path');
  localPath(out, path.child('path'), file.path ?? '');
  if (file.fieldRef) {
    fieldRef(out, path.child('fieldRef'), file.fieldRef, VOLUME_FIELDS);
    if (file.resourceFieldRef) {
      out.push(finding.invalid(path, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'));
    }
  } else if (file.resourceFieldRef) resourceFieldRef(out, path.child('resourceFieldRef'), file.resourceFieldRef, true);
  else out.push(finding.required(path, 'one of fieldRef and resourceFieldRef is required'));
  fileMode(out, path.child('mode'), file.mode);
}

export type SourceName = Exclude<keyof Volume, 'name'>;
