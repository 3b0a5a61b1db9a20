import type { Duplex } from 'node:stream';

/** How long the rest of what one side sends is read, after the other side has closed. */
const lingerMs = 10_000;

/**
 * Copies between two connections, whatever is spoken on them. Each direction ends by itself; what one side sent last
 * reaches the other even when it closes at once. A side that breaks off breaks the other off.
 */
export function join(client: Duplex, backend: Duplex): void {
  pass(client, backend);
  pass(backend, client);
}

function pass(from: Duplex, to: Duplex): void {
  from.allowHalfOpen = true;
  from.on('error', () => from.destroy());
  from.once('close', () => {
    if (from.readableEnded) linger(to);
    else to.destroy();
  });
  from.pipe(to);
}

/**
 * Nobody will read what `to` sends, and it has been told that no more comes. Closing it now, with something of it unread,
 * would reset the connection, and take from the peer what it was sent last.
 */
function linger(to: Duplex): void {
  if (to.destroyed) return;
  to.resume();
  const timer = setTimeout(() => to.destroy(), lingerMs);
  timer.unref();
  to.once('close', () => clearTimeout(timer)).once('end', () => {
    if (to.writableFinished) to.destroy();
    else to.once('finish', () => to.destroy());
  });
}
