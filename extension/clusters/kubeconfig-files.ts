import {
  type Kubeconfig,
  KubeconfigError,
  kubeconfigPaths,
  loadKubeconfig,
  namespaceOf,
} from '../../runtime/client/kubeconfig';
import { PathWatcher } from './path-watcher';

/** A context as it is shown: nothing of it is secret. */
export interface KubeContext {
  name: string;
  cluster: string;
  server: string;
  namespace: string;
  /** The file that defines it. */
  file: string;
  /** The files' current one. */
  current: boolean;
}

/** The kubeconfig files of the user; watched. A file that can't be read takes nothing from the others. */
export class KubeconfigFiles {
  private readonly watcher: PathWatcher;
  private config: Kubeconfig = loadKubeconfig([]);
  private failures: KubeconfigError[] = [];
  private files: readonly string[] = [];

  /** `configured`: files that are used instead of $KUBECONFIG. */
  constructor(
    onChange: () => void,
    private readonly configured: () => readonly string[],
  ) {
    this.watcher = new PathWatcher(() => {
      this.read();
      onChange();
    });
    this.read();
  }

  get paths(): readonly string[] {
    return this.files;
  }

  get problems(): readonly KubeconfigError[] {
    return this.failures;
  }

  /** All that can be read, merged. Holds credentials: not for display. */
  get merged(): Kubeconfig {
    return this.config;
  }

  contexts(): KubeContext[] {
    const { contexts, clusters, currentContext } = this.config;
    return [...contexts].map(([name, { entry, source }]) => ({
      name,
      cluster: entry.cluster,
      server: clusters.get(entry.cluster)?.entry.server ?? '',
      namespace: namespaceOf(this.config, name),
      file: source,
      current: name === currentContext,
    }));
  }

  read(): void {
    const configured = this.configured();
    this.files = configured.length > 0 ? configured : kubeconfigPaths();
    this.failures = [];
    this.config = loadKubeconfig(this.files.filter((path) => this.canBeRead(path)));
    this.watcher.watch(this.files);
  }

  dispose(): void {
    this.watcher.dispose();
  }

  private canBeRead(path: string): boolean {
    try {
      loadKubeconfig([path]);
      return true;
    } catch (error) {
      if (!(error instanceof KubeconfigError)) throw error;
      this.failures.push(error);
      return false;
    }
  }
}
