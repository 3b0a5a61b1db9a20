import type { Connection } from 'vscode-languageserver/node';
import type { Logger } from '../runtime/log';

/** Writes to the client's log. */
export function connectionLogger({ console: log }: Pick<Connection, 'console'>, bindings: object = {}): Logger {
  const line = (details: object, message: string): string => {
    const all = { ...bindings, ...details };
    return Object.keys(all).length > 0 ? `${message} ${JSON.stringify(all)}` : message;
  };
  return {
    debug: (details, message) => log.debug(line(details, message)),
    info: (details, message) => log.info(line(details, message)),
    warn: (details, message) => log.warn(line(details, message)),
    error: (details, message) => log.error(line(details, message)),
    child: (more) => connectionLogger({ console: log }, { ...bindings, ...more }),
  };
}
