import { dirname, parse } from 'node:path';
import { fileURLToPath } from 'node:url';
import { silentLogger } from '../../runtime/log';
import { noCluster } from '../cluster/no-cluster';
import type { FindingContext } from '../context';
import type { OpenDocuments } from '../documents/open-documents';
import type { DocumentFinding } from '../findings/finding';
import { Findings } from '../findings/findings';
import { findingSources } from '../findings/sources';
import { configName, configUris } from '../lint/config-files';
import type { LintSettings } from '../lint/settings';
import { KnownTypes } from '../manifests/known-types';
import { followTypes } from '../manifests/register-types';
import { parseSettings, type Settings } from '../settings';
import { readConfigFile } from './files';
import { type FixedFile, FixedWorkspace } from './fixed-workspace';

const nothingOpen: OpenDocuments = {
  get: () => undefined,
  file: () => undefined,
  all: () => [],
  onDidChange: () => {},
  onDidSave: () => {},
  onDidClose: () => {},
};

/** As the server's settings of these names. */
export interface InspectorSettings {
  /** What is given holds instead of what `podium.yaml` files say. */
  lint?: LintSettings;
  kubernetesVersion?: string;
  customResourceDefinitions?: string[];
}

/** All that the server finds in files, without a client: what the API server would say, references, lint. */
export class Inspector {
  private readonly workspace: FixedWorkspace;
  private readonly findings: Findings;
  private readonly uris: string[];

  private constructor(files: readonly FixedFile[], given: InspectorSettings) {
    const { lint } = given;
    const types = new KnownTypes();
    // Every folder up to the root may hold the configuration.
    const roots = [...new Set(files.map(({ uri }) => parse(fileURLToPath(uri)).root))];
    const read = (uri: string) => (uri.endsWith(`/${configName}`) && lint ? undefined : readConfigFile(uri));
    const configs = lint ? [] : configurationsOf(files, roots);
    this.uris = [...new Set([...files, ...configs].map(({ uri }) => uri))];
    this.workspace = new FixedWorkspace([...files, ...configs], types, roots, read);
    this.findings = new Findings(() => context);
    const settings = parseSettings(given);
    const followers: ((before: Settings) => void)[] = [];
    const context: FindingContext = {
      documents: nothingOpen,
      workspace: this.workspace,
      types,
      cluster: noCluster,
      logger: silentLogger,
      findings: this.findings,
      settings: () => settings,
      onDidChangeSettings: (listener) => void followers.push(listener),
      addFindings: (name, provider) => this.findings.add(name, provider),
      refreshFindings: () => this.findings.refresh(),
    };
    followTypes(context, types);
    for (const register of findingSources) register(context);
    for (const follow of followers) follow(settings);
    this.workspace.tell();
  }

  static async of(files: readonly FixedFile[], settings: InspectorSettings = {}): Promise<Inspector> {
    const inspector = new Inspector(files, settings);
    await inspector.workspace.ready;
    // Sources that wait for the workspace have been told before this goes on.
    await new Promise(setImmediate);
    return inspector;
  }

  /** The files that were given, and configurations that hold for them. */
  files(): readonly string[] {
    return this.uris;
  }

  text(uri: string): string {
    return this.workspace.file(uri)?.text ?? '';
  }

  /** In the order of their places. */
  findingsIn(uri: string): DocumentFinding[] {
    const file = this.workspace.file(uri);
    return file ? this.findings.of(file) : [];
  }

  replace(uri: string, text: string): void {
    this.workspace.replace({ uri, text });
    this.findings.refresh();
  }
}

/** The nearest `podium.yaml` of each file's folder: what is wrong with it is told too. */
function configurationsOf(files: readonly FixedFile[], roots: readonly string[]): FixedFile[] {
  const folders = new Set(files.map(({ uri }) => dirname(uri)));
  const found = new Map<string, FixedFile>();
  for (const folder of folders) {
    for (const uri of configUris(`${folder}/`, roots)) {
      const text = readConfigFile(uri);
      if (text === undefined) continue;
      found.set(uri, { uri, text });
      break;
    }
  }
  return [...found.values()];
}
