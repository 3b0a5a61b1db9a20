import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import { startLanguageServer } from './language-server';

// The transport is named on the command line: --node-ipc, --stdio or --socket=PORT.
startLanguageServer(createConnection(ProposedFeatures.all));
