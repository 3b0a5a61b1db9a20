/** Loaded when the first manifest is opened. Named one by one: of a CommonJS module, `import()` would give all as `default`. */
export { LanguageClient, TransportKind } from 'vscode-languageclient/node';
