import { statSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { diskFiles } from '../../runtime/client/disk-files';
import type { LocalFiles } from '../../runtime/client/disk-files';
import type { OpenDocuments } from '../documents/open-documents';

/** A file's path with `/`, as kustomizations and charts write paths; undefined for what isn't on disk. */
export function slashPathOf(uri: string): string | undefined {
  try {
    return uri.startsWith('file:') ? fileURLToPath(uri).replaceAll('\\', '/') : undefined;
  } catch {
    return undefined;
  }
}

export const uriOf = (path: string): string => pathToFileURL(path).href;

/** Files as the editor has them: open documents instead of what is on disk. */
export class EditorFiles implements LocalFiles {
  constructor(private readonly documents: OpenDocuments) {}

  read(path: string): Uint8Array | undefined {
    const open = this.documents.get(uriOf(path));
    return open ? new TextEncoder().encode(open.getText()) : diskFiles.read(path);
  }

  text(path: string): string | undefined {
    const open = this.documents.get(uriOf(path));
    if (open) return open.getText();
    const bytes = diskFiles.read(path);
    return bytes && new TextDecoder().decode(bytes);
  }

  /** Whether what is on disk is what the editor shows. */
  isSaved(path: string): boolean {
    const open = this.documents.get(uriOf(path));
    if (!open) return true;
    const bytes = diskFiles.read(path);
    return bytes !== undefined && new TextDecoder().decode(bytes) === open.getText();
  }

  kind(path: string): 'file' | 'folder' | undefined {
    return this.documents.get(uriOf(path)) ? 'file' : diskFiles.kind(path);
  }

  realPath(path: string): string {
    return diskFiles.realPath(path);
  }

  list(folder: string): string[] {
    return diskFiles.list(folder);
  }

  /** Equal as long as a file's content is: its version in the editor, or when and how large it was written. */
  stamp(path: string): string {
    const open = this.documents.get(uriOf(path));
    if (open) return `open ${open.version}`;
    try {
      const { mtimeMs, size } = statSync(path);
      return `${mtimeMs} ${size}`;
    } catch {
      return 'none';
    }
  }
}
