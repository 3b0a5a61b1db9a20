import { isScalar, type Node, Scalar } from 'yaml';
import { SemanticTokensBuilder, SemanticTokenTypes } from 'vscode-languageserver/node';
import { catalogue } from '../../runtime/api/catalogue';
import type { Schema } from '../../runtime/api/schema';
import type { ParsedDocument } from '../../runtime/api/yaml';
import type { ServerContext } from '../context';
import { offsetIn, positionIn } from '../documents/positions';
import type { SourceFile } from '../documents/source-file';
import { manifestsIn } from '../manifests/manifest-objects';
import { childrenOf, nodeRange } from '../manifests/nodes';
import type { TextRange } from '../manifests/ranges';
import type { TypeRegistry } from '../manifests/types';

const legend = ['property', 'type', 'namespace', 'enumMember', 'keyword', 'number', 'string'] as const;
type TokenType = (typeof legend)[number];

/** Scalars coloured as Kubernetes reads them: `yes` is a keyword and `0644` a number, `"0644"` a string. */
export function registerSemanticTokens({ connection, documents, types, capabilities }: ServerContext): void {
  const tokenTypes = legend.map((name) => SemanticTokenTypes[name]);
  capabilities.semanticTokensProvider = { legend: { tokenTypes, tokenModifiers: [] }, full: true, range: true };
  connection.languages.semanticTokens.on(({ textDocument }) => {
    const file = documents.file(textDocument.uri);
    return file ? tokensIn(file, { start: 0, end: file.text.length }, types) : { data: [] };
  });
  connection.languages.semanticTokens.onRange(({ textDocument, range }) => {
    const file = documents.file(textDocument.uri);
    return file
      ? tokensIn(file, { start: offsetIn(file, range.start), end: offsetIn(file, range.end) }, types)
      : { data: [] };
  });
}

interface Token extends TextRange {
  type: TokenType;
}

function tokensIn(file: SourceFile, { start, end }: TextRange, types: TypeRegistry): { data: number[] } {
  const builder = new SemanticTokensBuilder();
  const tokens = file.documents
    .filter(({ range }) => range[0] <= end && range[1] >= start)
    .flatMap((document) => documentTokens(document, types))
    .filter((token) => token.start < end && token.end > start)
    .sort((a, b) => a.start - b.start);
  for (const token of tokens) {
    const { line, character } = positionIn(file, token.start);
    builder.push(line, character, token.end - token.start, legend.indexOf(token.type), 0);
  }
  return builder.build();
}

function documentTokens(document: ParsedDocument, types: TypeRegistry): Token[] {
  const [object] = manifestsIn(document.value, types);
  if (!object) return [];
  const tokens: Token[] = [];
  const isList = object.path !== '';
  nodeTokens(document.node.contents, document.value, isList ? undefined : object.type?.schema, types, tokens);
  return tokens;
}

/** Walks tree, value and schema side by side. */
function nodeTokens(node: Node | null, value: unknown, schema: Schema | undefined, types: TypeRegistry, out: Token[]): void {
  const own = schema ?? typeSchema(value, types);
  const resolved = own && catalogue.resolve(own);
  for (const { name, key, value: child } of childrenOf(node)) {
    const keyRange = nodeRange(key);
    if (keyRange) push(out, keyRange, 'property');
    const inside = typeof name === 'number' ? resolved?.items : (resolved?.properties?.[name] ?? additional(resolved));
    const read = isRecord(value) ? value[name] : undefined;
    if (isScalar(child)) scalarToken(child, read, name, inside, out);
    else nodeTokens(child, read, inside, types, out);
  }
}

/** An object in a list says of itself what it is. */
function typeSchema(value: unknown, types: TypeRegistry): Schema | undefined {
  return isRecord(value) ? types.typeOf(value['apiVersion'], value['kind'])?.schema : undefined;
}

const isRecord = (value: unknown): value is Record<string | number, unknown> => typeof value === 'object' && value !== null;

function additional(schema: Schema | undefined): Schema | undefined {
  return typeof schema?.additionalProperties === 'object' ? schema.additionalProperties : undefined;
}

function scalarToken(node: Scalar, value: unknown, name: string | number, schema: Schema | undefined, out: Token[]): void {
  const range = nodeRange(node);
  // A block's text may be a program or a file of its own.
  if (!range || node.type === Scalar.BLOCK_LITERAL || node.type === Scalar.BLOCK_FOLDED) return;
  if (node.source?.includes('\n')) return;
  push(out, range, scalarType(value, name, schema));
}

function scalarType(value: unknown, name: string | number, schema: Schema | undefined): TokenType {
  if (value === null || typeof value === 'boolean') return 'keyword';
  if (typeof value === 'number' || typeof value === 'bigint') return 'number';
  if (name === 'kind') return 'type';
  if (name === 'apiVersion' || name === 'namespace') return 'namespace';
  const isEnum = schema && catalogue.resolve(schema).enum?.includes(value);
  return isEnum ? 'enumMember' : 'string';
}

function push(out: Token[], { start, end }: TextRange, type: TokenType): void {
  if (end > start) out.push({ start, end, type });
}
