import type { ServerContext } from '../context';
import { registerCodeActions } from './code-actions';
import { registerCodeLenses } from './code-lens';
import { registerCompletion } from './completion';
import { registerDefinition } from './definition';
import { registerDiagnostics } from './diagnostics';
import { registerDocumentLinks } from './document-links';
import { registerDocumentSymbols } from './document-symbols';
import { registerFoldingRanges } from './folding-ranges';
import { registerFormatting } from './formatting';
import { registerHover } from './hover';
import { registerImplementation } from './implementation';
import { registerInlayHints } from './inlay-hints';
import { registerReferences } from './references';
import { registerSelectionRanges } from './selection-ranges';
import { registerSemanticTokens } from './semantic-tokens';
import { registerCallHierarchy } from './call-hierarchy';
import { registerNameCompletion } from './name-completion';
import { registerNavigation } from './navigation';
import { registerReferenceLenses } from './reference-lenses';
import { registerRename } from './rename';
import { registerTypeDefinition } from './type-definition';
import { registerWorkspaceDiagnostics } from './workspace-diagnostics';
import { registerWorkspaceIndexed } from './workspace-indexed';
import { registerWorkspaceObjects } from './workspace-objects';
import { registerWorkspaceSymbols } from './workspace-symbols';

const features: readonly ((context: ServerContext) => void)[] = [
  registerDiagnostics,
  registerWorkspaceDiagnostics,
  registerCodeActions,
  registerCodeLenses,
  registerCompletion,
  registerDefinition,
  registerDocumentLinks,
  registerDocumentSymbols,
  registerFoldingRanges,
  registerFormatting,
  registerHover,
  registerImplementation,
  registerInlayHints,
  registerReferences,
  registerSelectionRanges,
  registerSemanticTokens,
  registerCallHierarchy,
  registerNameCompletion,
  registerNavigation,
  registerReferenceLenses,
  registerRename,
  registerTypeDefinition,
  registerWorkspaceIndexed,
  registerWorkspaceObjects,
  registerWorkspaceSymbols,
];

/** The features of the protocol, one file each. */
export function registerFeatures(context: ServerContext): void {
  for (const register of features) register(context);
}
