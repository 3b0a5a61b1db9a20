import { join } from 'node:path';
import { requireCompiled } from './compiled-code';

// The server itself is a bundle of its own, which is compiled once and then read as compiled code.
requireCompiled(join(__dirname, 'language-server.js'));
