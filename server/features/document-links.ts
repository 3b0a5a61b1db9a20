import type { DocumentLink } from 'vscode-languageserver/node';
import type { ResourceInfo } from '../../runtime/api/resource';
import type { ServerContext } from '../context';
import { rangeIn } from '../documents/positions';
import type { SourceFile } from '../documents/source-file';
import { manifestsIn } from '../manifests/manifest-objects';

/** Of the API that built-in kinds are taken from. */
const reference = 'https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.36/';

/** Links that providers find in a file; kinds lead to their page in the Kubernetes API reference. */
export function registerDocumentLinks({ connection, documents, providers, capabilities }: ServerContext): void {
  capabilities.documentLinkProvider = {};
  providers.add('documentLink', 'kinds', ({ file }) => kindLinks(file));
  connection.onDocumentLinks(async ({ textDocument }, token) => {
    const file = documents.file(textDocument.uri);
    return file ? providers.ask('documentLink', { file, token }) : [];
  });
}

function kindLinks(file: SourceFile): DocumentLink[] {
  return file.documents.flatMap((document) =>
    manifestsIn(document.value).flatMap(({ path, type }) => {
      const range = type && document.pathRange(path === '' ? 'kind' : `${path}.kind`)?.value;
      return range ? [{ range: rangeIn(file, range), target: pageOf(type), tooltip: `${type.kind} in the API reference` }] : [];
    }),
  );
}

/** The reference is one page, with an anchor of kind, version and the group's first word. */
function pageOf({ kind, version, group }: ResourceInfo): string {
  return `${reference}#${[kind, version, group.split('.')[0] || 'core'].join('-').toLowerCase()}`;
}
