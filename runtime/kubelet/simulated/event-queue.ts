/** Passes events to those who listen at that time; who comes later has missed them. */
export class EventQueue<T> {
  private readonly listeners = new Set<{ events: T[]; wake(): void }>();
  private closed = false;

  push(event: T): void {
    for (const listener of this.listeners) {
      listener.events.push(event);
      listener.wake();
    }
  }

  close(): void {
    this.closed = true;
    for (const { wake } of this.listeners) wake();
  }

  async *listen(signal: AbortSignal): AsyncGenerator<T> {
    const listener = { events: [] as T[], wake: (): void => {} };
    const wake = (): void => listener.wake();
    this.listeners.add(listener);
    signal.addEventListener('abort', wake, { once: true });
    try {
      while (!signal.aborted && !this.closed) {
        yield* listener.events.splice(0);
        if (listener.events.length === 0 && !signal.aborted && !this.closed)
          await new Promise<void>((resolve) => (listener.wake = resolve));
      }
    } finally {
      signal.removeEventListener('abort', wake);
      this.listeners.delete(listener);
    }
  }
}
