import { createHash } from 'node:crypto';
import type { ServerContext } from '../../context';
import type { SourceFile } from '../../documents/source-file';
import { Throttle } from '../../throttle';
import { liveFindings } from './live-findings';
import { placedHints } from './live-hints';
import { lensesOf } from './live-lenses';
import type { TypingLines } from './typing-lines';

/** So soon after an event, and so many times a second at most, what is shown is made anew. */
const pace = { delayMs: 10, gapMs: 200 };
/** Ages are told in minutes, and some warnings end by time alone. */
const tickMs = 30_000;

/** Asks the client to show again what an event in the cluster has changed; nothing if what is shown stays the same. */
export function registerRefresh(context: ServerContext, typing: TypingLines): void {
  const { client, connection, cluster, findings } = context;
  const { workspace } = client;
  const views: Changed[] = [
    new Changed(
      (file) => placedHints(file, context).map(({ id, text }) => [id, text]),
      () => {
        if (workspace?.inlayHint?.refreshSupport) void connection.languages.inlayHint.refresh();
      },
    ),
    new Changed(
      (file) => liveFindings(file, context).map(({ message, code, start }) => [message, code, start]),
      () => findings.changed(),
    ),
    new Changed(
      (file) => lensesOf(file, context),
      () => {
        if (context.initialization.commands && workspace?.codeLens?.refreshSupport)
          void connection.sendRequest('workspace/codeLens/refresh');
      },
    ),
  ];
  const throttle = new Throttle(() => {
    const files = context.documents.all().flatMap(({ uri }) => context.documents.file(uri) ?? []);
    for (const view of views) view.look(files);
  }, pace);
  cluster.onDidChange(() => throttle.ask());
  typing.onDidPause(() => throttle.ask());
  const ticks = setInterval(() => {
    if (cluster.state === 'connected') throttle.ask();
  }, tickMs);
  ticks.unref();
  context.onStop(() => {
    clearInterval(ticks);
    throttle.stop();
  });
}

/** Knows what a view of the open files showed last. */
class Changed {
  private last = '';

  constructor(
    private readonly shown: (file: SourceFile) => unknown,
    private readonly tell: () => void,
  ) {}

  look(files: readonly SourceFile[]): void {
    const hash = createHash('sha1');
    for (const file of files) hash.update(JSON.stringify([file.uri, this.shown(file)]));
    const digest = hash.digest('base64');
    if (digest === this.last) return;
    this.last = digest;
    this.tell();
  }
}
