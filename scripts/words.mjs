// The words that the extension shows: `node scripts/words.mjs` writes the English files anew and tells what a translation
// lacks; `--check` writes nothing. English stands in the code (t`…`) and in package.nls.json.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const english = 'l10n/bundle.l10n.json';

/** Fields of package.json that people read. */
const shownFields =
  /^(title|description|markdownDescription|label|displayName|contents|altText|deprecationMessage|category|name|viewsContainers)$/;
const shownLists = /^(enumDescriptions|markdownEnumDescriptions)$/;
/** Names are the same in every language, and what a snippet writes into a file is no text to read. */
const untranslated = /^(Podium|podium)$/;
const notRead = ['body', 'grammars', 'languages', 'configurationDefaults', 'menus', 'keybindings'];

/** Text that a person might read: two words, or one that begins like a sentence. */
const prose = /\p{L}{2,}[’'"]?[,:;.…]?\s+["“„]?(\p{L}|\$\{)/u;
/** What looks like it and is read by machines: HTML, styles, snippets of manifests, class names, commands of a shell. */
const markup = /^\s*<|^apiVersion:|^ {2,}|default-src|^\s|\s$|^(translate|command -v|Bearer|app=|init container$|Pods of \$|involvedObject)|^(mark|reason|row|card|filled|source|node|edge|state|pod|line|podium) [$a-z]/;
/** Told to the log or to other programs, or an error of ours that never is shown as it is. */
const silent = /^(output|logger|console|assert)\b|^(super|Error|TypeError|logFailure|inBackground|guarded|tellFailure|warn|this\.output\.error|KubeconfigError|LanguageClient)$/;
/** Names of Kubernetes' kinds are the same in every language. */
const named = /^extension\/tree\/kinds\.ts$/;

export function findProblems() {
  const code = wordsOfCode();
  const manifest = JSON.parse(read('package.json'));
  const nls = JSON.parse(read('package.nls.json'));
  return [
    ...code.problems,
    ...compare(english, Object.fromEntries(code.words.map((word) => [word, word])), JSON.parse(read(english))),
    ...manifestProblems(manifest, nls),
    ...languages().flatMap((language) => [
      ...compare(`l10n/bundle.l10n.${language}.json`, JSON.parse(read(english)), JSON.parse(read(`l10n/bundle.l10n.${language}.json`))),
      ...compare(`package.nls.${language}.json`, nls, JSON.parse(read(`package.nls.${language}.json`))),
    ]),
  ];
}

function languages() {
  const found = [...readdirSync(join(root, 'l10n')), ...readdirSync(root)].flatMap(
    (file) => /^(?:bundle\.l10n|package\.nls)\.([\w-]+)\.json$/.exec(file)?.[1] ?? [],
  );
  return [...new Set(found)].sort();
}

/** Same keys, nothing empty, and the same places for values and the same commands behind links. */
function compare(file, expected, found) {
  const missing = Object.keys(expected).filter((key) => !found[key]);
  const left = Object.keys(found).filter((key) => expected[key] === undefined);
  const differing = Object.keys(expected).filter((key) => found[key] && marksOf(expected[key]) !== marksOf(found[key]));
  return [
    ...missing.map((key) => `${file} has no words for ${JSON.stringify(key)}`),
    ...left.map((key) => `${file}: nothing uses ${JSON.stringify(key)}`),
    ...differing.map((key) => `${file}: ${JSON.stringify(found[key])} has other values or links than ${JSON.stringify(expected[key])}`),
  ];
}

function marksOf(text) {
  return (text.match(/\{\d+\}|\$\([\w~-]+\)|\]\([^)]*\)|`[^`]*`/g) ?? []).sort().join(' ');
}

function manifestProblems(manifest, nls) {
  const used = new Set();
  const problems = [];
  const visit = (value, field, path) => {
    if (notRead.includes(field)) return;
    if (typeof value === 'string') {
      const key = /^%(.+)%$/.exec(value)?.[1];
      if (key) used.add(key);
      else if (shownFields.test(field) && !untranslated.test(value)) problems.push(`package.json: ${path} is not in package.nls.json`);
      if (key && !nls[key]) problems.push(`package.nls.json has no ${key}`);
    } else if (Array.isArray(value)) value.forEach((each, i) => visit(each, shownLists.test(field) ? 'title' : '', `${path}[${i}]`));
    else if (value && typeof value === 'object')
      for (const [name, each] of Object.entries(value)) visit(each, field === 'properties' ? '' : name, `${path}.${name}`);
  };
  visit(manifest.contributes, '', 'contributes');
  visit(manifest.capabilities, '', 'capabilities');
  const left = Object.keys(nls).filter((key) => !used.has(key) && !['description', 'displayName'].includes(key));
  return [...problems, ...left.map((key) => `package.nls.json: nothing uses ${key}`)];
}

/** What is marked with t`…` in the code, and what should be and isn't. */
export function wordsOfCode() {
  const words = new Set();
  const problems = [];
  for (const file of sourceFiles()) {
    const source = ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true);
    const at = (node) => `${file}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
    const visit = (node, inFunction) => {
      if (ts.isImportDeclaration(node) || ts.isTypeNode(node)) return;
      if (ts.isTaggedTemplateExpression(node) && node.tag.getText() === 't') {
        words.add(wordOf(node.template));
        if (!inFunction) problems.push(`${at(node)}: asked for before the language is known`);
        if (ts.isTemplateExpression(node.template)) for (const { expression } of node.template.templateSpans) visit(expression, inFunction);
        return;
      }
      if (isText(node) && isShown(node, file)) problems.push(`${at(node)}: ${node.getText().slice(0, 80)} is not marked with t`);
      ts.forEachChild(node, (child) => visit(child, inFunction || ts.isFunctionLike(node)));
    };
    visit(source, false);
  }
  return { words: [...words].sort(), problems };
}

function wordOf(template) {
  if (ts.isNoSubstitutionTemplateLiteral(template)) return template.text;
  return template.head.text + template.templateSpans.map(({ literal }, i) => `{${i}}${literal.text}`).join('');
}

function isText(node) {
  return ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node) || ts.isTemplateExpression(node);
}

function isShown(node, file) {
  const text = node.getText().slice(1, -1);
  if (named.test(file) || !prose.test(text.replaceAll(/t`[^`]*`/g, '')) || markup.test(text)) return false;
  const call = ts.isCallExpression(node.parent) || ts.isNewExpression(node.parent) ? node.parent.expression.getText() : '';
  return !silent.test(call) && !silent.test(call.split('.').pop());
}

function sourceFiles() {
  return readdirSync(join(root, 'extension'), { recursive: true })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => join('extension', file))
    .sort();
}

function read(file) {
  return readFileSync(join(root, file), 'utf8');
}

if (process.argv[1] && relative(process.argv[1], fileURLToPath(import.meta.url)) === '') {
  if (!process.argv.includes('--check') && existsSync(join(root, 'l10n'))) {
    const { words } = wordsOfCode();
    writeFileSync(join(root, english), `${JSON.stringify(Object.fromEntries(words.map((word) => [word, word])), null, 2)}\n`);
  }
  const problems = findProblems();
  for (const problem of problems) console.log(problem);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
