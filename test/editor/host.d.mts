/** A command of code-server's own, such as `--install-extension`, with its state below a folder; its output. */
export function runCodeServer(args: readonly string[], state: string): Promise<string>;
