import { finding, Path } from '../finding';
import type { Finding } from '../finding';

export type Level = 'privileged' | 'baseline' | 'restricted';

/** A level as of a minor version of Kubernetes; undefined for the latest. */
export interface LevelVersion {
  readonly level: Level;
  readonly minor: number | undefined;
}

export interface Policy {
  readonly enforce: LevelVersion;
  readonly warn: LevelVersion;
}

const order: readonly Level[] = ['privileged', 'baseline', 'restricted'];
const prefix = 'pod-security.kubernetes.io/';
const modes = ['enforce', 'audit', 'warn'] as const;

export const privileged: LevelVersion = { level: 'privileged', minor: undefined };

export const isStricter = (a: LevelVersion, b: LevelVersion) => order.indexOf(a.level) > order.indexOf(b.level);

/** `restricted:latest`, `baseline:v1.25`. */
export const printLevel = ({ level, minor }: LevelVersion) =>
  `${level}:${minor === undefined ? 'latest' : `v1.${minor}`}`;

type Labels = Readonly<Record<string, string>> | undefined;

const levelOf = (text: string | undefined) => order.find((level) => level === text);
const versionPattern = /^v1\.(0|[1-9]\d*)$/;

/** What a namespace's labels ask for. Labels that make no sense forbid as much as possible, and warn of nothing. */
export function policyOf(labels: Labels): Policy {
  const read = (mode: string, fallback: LevelVersion): LevelVersion => {
    const text = labels?.[prefix + mode];
    if (text === undefined) return privileged;
    const level = levelOf(text);
    const minor = versionPattern.exec(labels?.[`${prefix}${mode}-version`] ?? '')?.[1];
    return level ? { level, minor: minor === undefined ? undefined : Number(minor) } : fallback;
  };
  return { enforce: read('enforce', { level: 'restricted', minor: undefined }), warn: read('warn', privileged) };
}

export function labelFindings(labels: Labels): Finding[] {
  const path = Path.of('metadata', 'labels');
  const findings: Finding[] = [];
  for (const mode of modes) {
    const level = labels?.[prefix + mode];
    const version = labels?.[`${prefix}${mode}-version`];
    if (level !== undefined && !levelOf(level)) {
      findings.push(finding.invalid(path.key(prefix + mode), level, `must be one of ${order.join(', ')}`));
    }
    if (version !== undefined && version !== 'latest' && !versionPattern.test(version)) {
      findings.push(finding.invalid(path.key(`${prefix}${mode}-version`), version, 'must be "latest" or "v1.x"'));
    }
  }
  return findings;
}
