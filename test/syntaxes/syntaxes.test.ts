import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import oniguruma from 'vscode-oniguruma';
import textmate from 'vscode-textmate';
import { beforeAll, expect, it } from 'vitest';

const require = createRequire(import.meta.url);
const cases = join(__dirname, 'cases');

interface Contribution {
  scopeName: string;
  path: string;
  injectTo?: string[];
}

const { contributes } = JSON.parse(readFileSync('package.json', 'utf8')) as { contributes: { grammars: Contribution[] } };
let registry: textmate.Registry;

beforeAll(async () => {
  await oniguruma.loadWASM(readFileSync(join(dirname(require.resolve('vscode-oniguruma')), 'onig.wasm')));
  const yaml = JSON.parse(readFileSync('node_modules/tm-grammars/grammars/yaml.json', 'utf8')) as textmate.IRawGrammar;
  registry = new textmate.Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns), createOnigString: (text) => new oniguruma.OnigString(text),
    }),
    loadGrammar: async (scope) => {
      if (scope === 'source.yaml') return yaml;
      const own = contributes.grammars.find(({ scopeName }) => scopeName === scope);
      return own ? textmate.parseRawGrammar(readFileSync(own.path, 'utf8'), own.path) : null;
    },
    getInjections: (scope) => contributes.grammars.filter(({ injectTo }) => injectTo?.includes(scope)).map(({ scopeName }) => scopeName),
  });
});

/** Each piece of text that has a scope of ours, below its line. */
async function scopesOf(text: string, scope: string): Promise<string> {
  const grammar = await registry.loadGrammar(scope);
  if (!grammar) throw new Error(`there is no grammar ${scope}`);
  const printed: string[] = [];
  let state = textmate.INITIAL;
  for (const line of text.trimEnd().split('\n')) {
    const { tokens, ruleStack } = grammar.tokenizeLine(line, state);
    state = ruleStack;
    printed.push(line);
    for (const { startIndex, endIndex, scopes } of tokens) {
      const own = scopes.slice(1).filter((name) => /podium|go-template|label-selector/.test(name)).at(-1);
      if (own && line.slice(startIndex, endIndex).trim()) printed.push(`    ${line.slice(startIndex, endIndex).trim()} → ${own}`);
    }
  }
  return `${printed.join('\n')}\n`;
}

it.each(readdirSync(cases).filter((name) => !name.endsWith('.txt')))('%s is coloured', async (name) => {
  const scope = name.endsWith('.yaml') ? 'source.yaml' : 'source.label-selector';
  await expect(await scopesOf(readFileSync(join(cases, name), 'utf8'), scope)).toMatchFileSnapshot(join(cases, `${name}.txt`));
});
