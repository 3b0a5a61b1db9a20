import { finding, Path } from '../finding';
import type {
  CSIDriver, CSIDriverSpec, CSINode, CSINodeDriver, CSIStorageCapacity, StorageV1TokenRequest,
} from '../kinds';
import { byteLength } from '../names';
import { tryParseQuantity } from '../quantity';
import type { Findings } from './common';
import {
  dnsSubdomain, immutable, IMMUTABLE, labelSelector, nonNegative, NOT_NEGATIVE, optionalOneOf, qualifiedName, semanticallyEqual,
  SPEC,
} from './common';
import type { KindRules } from './rules';
import { csiDriverName } from './volume-sources';

const GROUP_POLICIES = ['File', 'None', 'ReadWriteOnceWithFSType'];
const LIFECYCLES = ['Persistent', 'Ephemeral'];
const LEAST_SECONDS = 600;
const MOST_SECONDS = 2 ** 32;
const MAX_NODE_ID = 256;

function tokenRequests(out: Findings, requests: readonly StorageV1TokenRequest[] = []): void {
  const seen = new Set<string>();
  requests.forEach(({ audience, expirationSeconds: seconds }, i) => {
    const path = SPEC.child('tokenRequests').index(i);
    if (seen.has(audience)) {
      out.push(finding.duplicate(path.child('audience'), audience));
      return;
    }
    seen.add(audience);
    if (seconds === undefined) return;
    const at = path.child('expirationSeconds');
    if (seconds < LEAST_SECONDS) {
      out.push(finding.invalid(at, seconds, 'may not specify a duration less than 10 minutes'));
    }
    if (seconds > MOST_SECONDS) {
      out.push(finding.invalid(at, seconds, 'may not specify a duration larger than 2^32 seconds'));
    }
  });
}

function createDriver({ spec }: CSIDriver): Findings {
  const out: Findings = [];
  const given: Partial<CSIDriverSpec> = spec ?? {};
  // The first path is upstream's slip of the pen.
  const required = [['attachRequired', 'attachedRequired'], ['podInfoOnMount'], ['storageCapacity']] as const;
  for (const [field, name = field] of required) {
    if (given[field] === undefined) out.push(finding.required(SPEC.child(name)));
  }
  if (given.fsGroupPolicy !== undefined && !GROUP_POLICIES.includes(given.fsGroupPolicy)) {
    out.push(finding.notSupported(SPEC.child('fsGroupPolicy'), given.fsGroupPolicy, GROUP_POLICIES));
  }
  tokenRequests(out, given.tokenRequests);
  const modes = SPEC.child('volumeLifecycleModes');
  for (const mode of given.volumeLifecycleModes ?? []) optionalOneOf(out, modes, mode, LIFECYCLES);
  if (given.seLinuxMount === undefined) out.push(finding.required(SPEC.child('seLinuxMount')));
  const period = given.nodeAllocatableUpdatePeriodSeconds;
  if (period !== undefined && period < 10) {
    const at = SPEC.child('nodeAllocatableUpdatePeriodSeconds');
    out.push(finding.invalid(at, period, 'must be greater than or equal to 10 seconds'));
  }
  return out;
}

export const csiDriver: KindRules<CSIDriver> = {
  create: createDriver,
  update(object, old) {
    const out = createDriver(object);
    const [now, before] = [object.spec, old.spec];
    immutable(out, SPEC.child('attachedRequired'), now.attachRequired, before.attachRequired);
    immutable(out, SPEC.child('volumeLifecycleModes'), now.volumeLifecycleModes, before.volumeLifecycleModes);
    return out;
  },
};

function nodeDriver(out: Findings, path: Path, driver: CSINodeDriver, seen: Set<string>): void {
  const { name, nodeID = '', allocatable, topologyKeys = [] } = driver;
  csiDriverName(out, path.child('name'), name);
  if (!nodeID) out.push(finding.required(path.child('nodeID')));
  if (byteLength(nodeID) > MAX_NODE_ID) {
    out.push(finding.invalid(path.child('nodeID'), nodeID, `must be ${MAX_NODE_ID} characters or less`));
  }
  nonNegative(out, path.child('allocatable', 'count'), allocatable?.count);
  if (seen.has(name)) out.push(finding.duplicate(path.child('name'), name));
  seen.add(name);
  topologyKeys.forEach((key, i) => {
    if (!key) out.push(finding.required(path));
    if (topologyKeys.indexOf(key) < i) out.push(finding.duplicate(path, key));
    qualifiedName(out, path, key);
  });
}

function createNode({ spec }: CSINode): Findings {
  const out: Findings = [];
  const seen = new Set<string>();
  spec?.drivers?.forEach((driver, i) => nodeDriver(out, SPEC.child('drivers').index(i), driver, seen));
  return out;
}

/** A driver as Go's internal type prints. */
const printedDriver = ({ name, nodeID, topologyKeys, allocatable }: CSINodeDriver) => ({
  Name: name, NodeID: nodeID, TopologyKeys: topologyKeys ?? null,
  Allocatable: allocatable ? { Count: allocatable.count ?? null } : null,
});

export const csiNode: KindRules<CSINode> = {
  create: createNode,
  update(object, old) {
    const out = createNode(object);
    for (const before of old.spec?.drivers ?? []) {
      for (const now of object.spec?.drivers ?? []) {
        if (now.name !== before.name) continue;
        // How many volumes a node takes may change.
        if (semanticallyEqual({ ...before, allocatable: undefined }, { ...now, allocatable: undefined })) continue;
        out.push(finding.invalid(Path.of('CSINodeDriver'), printedDriver(now), IMMUTABLE));
      }
    }
    return out;
  },
};

function createCapacity({ nodeTopology, storageClassName, capacity }: CSIStorageCapacity): Findings {
  const out: Findings = [];
  labelSelector(out, Path.of('nodeTopology'), nodeTopology);
  dnsSubdomain(out, Path.of('storageClassName'), storageClassName ?? '');
  const amount = capacity === undefined ? undefined : tryParseQuantity(capacity);
  if (amount && amount.sign() < 0) out.push(finding.invalid(Path.of('capacity'), capacity, NOT_NEGATIVE));
  return out;
}

export const csiStorageCapacity: KindRules<CSIStorageCapacity> = {
  create: createCapacity,
  update(object, old) {
    const out: Findings = [];
    for (const field of ['nodeTopology', 'storageClassName'] as const) {
      if (semanticallyEqual(object[field], old[field])) continue;
      out.push(finding.invalid(Path.of(field), object[field], 'field is immutable'));
    }
    return out;
  },
};
