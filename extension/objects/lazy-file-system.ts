import * as vscode from 'vscode';

/** A file system whose code is loaded when one of its files is first asked for. */
export class LazyFileSystem implements vscode.FileSystemProvider {
  private readonly changes = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly onDidChangeFile = this.changes.event;
  private loaded: Promise<vscode.FileSystemProvider> | undefined;

  constructor(private readonly load: () => Promise<vscode.FileSystemProvider>) {}

  watch(): vscode.Disposable {
    return new vscode.Disposable(() => {});
  }

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    return (await this.provider()).stat(uri);
  }

  async readDirectory(uri: vscode.Uri): Promise<[string, vscode.FileType][]> {
    return (await this.provider()).readDirectory(uri);
  }

  async createDirectory(uri: vscode.Uri): Promise<void> {
    await (await this.provider()).createDirectory(uri);
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    return (await this.provider()).readFile(uri);
  }

  async writeFile(
    uri: vscode.Uri,
    content: Uint8Array,
    options: { create: boolean; overwrite: boolean },
  ): Promise<void> {
    await (await this.provider()).writeFile(uri, content, options);
  }

  async delete(uri: vscode.Uri, options: { recursive: boolean }): Promise<void> {
    await (await this.provider()).delete(uri, options);
  }

  async rename(from: vscode.Uri, to: vscode.Uri, options: { overwrite: boolean }): Promise<void> {
    await (await this.provider()).rename(from, to, options);
  }

  private provider(): Promise<vscode.FileSystemProvider> {
    return (this.loaded ??= this.load().then((provider) => {
      provider.onDidChangeFile((events) => this.changes.fire([...events]));
      return provider;
    }));
  }
}
