import * as z from 'zod';
import { devSettings } from '../../runtime/client/dev/settings';
import { type Origin, origins, tools } from './origins';
import { presets } from './plan';
import { categories, type LintRule } from './rule';
import { rules } from './rules';
import { lintSettings } from './settings';

/** A rule's example: the manifests that its tests hold it against. */
export interface Example {
  failing: string;
  passing: string;
  /** What its quick fixes make of the failing one; undefined if it has none. */
  fixed: string | undefined;
}

const generated = '<!-- Made by `node scripts/rule-docs.mjs` out of the rules themselves. -->\n';

/** Every page below docs/rules, by file name. */
export function rulePages(exampleOf: (id: string) => Example): Map<string, string> {
  const pages = rules.map((rule): [string, string] => [`${rule.id}.md`, rulePage(rule, exampleOf(rule.id))]);
  return new Map([['README.md', overview(exampleOf)], ...pages]);
}

function rulePage(rule: LintRule, { failing, passing, fixed }: Example): string {
  const { id, title, why, repair, category, severity, recommended } = rule;
  const facts = [
    `Category ${category}`,
    `severity ${severity}`,
    recommended ? 'on by default' : 'off by default',
    fixed === undefined ? 'no quick fix' : 'quick fix',
  ];
  return [
    generated,
    `# ${id}\n`,
    `${title}. ${facts.join(', ')}.\n`,
    `## What goes wrong\n\n${why}\n`,
    `## How to repair it\n\n${repair}\n`,
    `## Example\n\nFound:\n\n${code(failing)}`,
    `${fixed === undefined ? 'Right' : 'Repaired'}:\n\n${code(fixed ?? passing)}`,
    ...optionTable(rule),
    `## Where it does not hold\n\n\`# podium-ignore ${id} why\` above the line or behind it leaves it alone.\n`,
    ...sameAs(origins.filter((origin) => origin.rules?.includes(id))),
  ].join('\n');
}

const code = (text: string): string => `\`\`\`yaml\n${text.replace(/^# options: .*\n/, '')}\`\`\`\n`;

function optionTable({ options }: LintRule): string[] {
  if (!options) return [];
  const rows = Object.entries(options.shape).map(([name, schema]) => {
    const { description = '', default: preset } = z.toJSONSchema(schema as z.ZodType, { io: 'input' });
    return `| \`${name}\` | \`${JSON.stringify(preset)}\` | ${description} |`;
  });
  return [`## Options\n\n| option | default | what it is |\n| --- | --- | --- |\n${rows.join('\n')}\n`];
}

function sameAs(found: readonly Origin[]): string[] {
  if (found.length === 0) return [];
  return [`## Elsewhere\n\n${found.map(({ tool, check }) => `- ${tool}: \`${check}\``).join('\n')}\n`];
}

const usage = `Findings of these rules have the source \`podium lint\` and the rule's id as their code. Without settings those alone
look that find plain mistakes. What else should look is said by \`podium.lint.enable\` and \`podium.lint.rules\` in the
editor's settings or, for everybody who works on the files, in a \`podium.yaml\` beside or above them:

\`\`\`yaml
lint:
  enable: [recommended, security]
  rules:
    image-tag-moving: error
    replicas-too-few: {min: 3}
    host-port: off
\`\`\`

\`# podium-ignore ID, ID why\` leaves findings of its line, or of the line below, alone; \`# podium-ignore-document\` and
\`# podium-ignore-file\` those of the document or the file; without an id all of them. The annotation
\`podium/ignore: ID, ID\` and those of kube-linter, kube-score and Polaris hold for their object. \`podium lint\` says the
same on the command line.
`;

function overview(exampleOf: (id: string) => Example): string {
  return [
    generated,
    `# Lint rules\n\n${usage}`,
    `## Presets\n\n| preset | what is on |\n| --- | --- |\n${presetRows()}\n`,
    ...categories.map((category) => categoryTable(category, exampleOf)),
    `# The checks of other linters\n`,
    ...tools.map(toolTable),
  ].join('\n');
}

const presetRows = (): string => [...presets].map(([name, { title }]) => `| \`${name}\` | ${title} |`).join('\n');

function categoryTable(category: string, exampleOf: (id: string) => Example): string {
  const rows = rules
    .filter((rule) => rule.category === category)
    .map(({ id, title, recommended }) => {
      const fix = exampleOf(id).fixed === undefined ? '' : 'yes';
      return `| [${id}](${id}.md) | ${title} | ${recommended ? 'yes' : ''} | ${fix} |`;
    });
  return `## ${category}\n\n| rule | finds | on | quick fix |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`;
}

function toolTable(tool: string): string {
  const rows = origins
    .filter((origin) => origin.tool === tool)
    .sort((a, b) => (a.check < b.check ? -1 : 1))
    .map(({ check, rules: same = [], instead, codes }) => {
      const links = same.map((id) => `[${id}](${id}.md)`).join(', ');
      const by = codes ? ` (\`${codes.join('`, `')}\`)` : '';
      return `| \`${check}\` | ${links || `${instead ?? ''}${by}`} |`;
    });
  return `## ${tool}\n\n| check | here |\n| --- | --- |\n${rows.join('\n')}\n`;
}

/** The JSON schema of `podium.yaml`. */
export function configSchema(): object {
  const { properties, ...settings } = z.toJSONSchema(lintSettings, { io: 'input' });
  const ruleSchema = ({ id, title, options }: LintRule): [string, object] => [
    id,
    { description: title, ...choices(options) },
  ];
  const enable = { type: 'array', items: { enum: [...presets.keys()] } };
  const lint = {
    ...settings,
    $schema: undefined,
    description: 'Which lint rules look, and how.',
    properties: {
      ...properties,
      enable: { description: 'Presets.', anyOf: [enable, { enum: [...presets.keys()] }] },
      rules: {
        type: 'object',
        description: 'Rules by id, whatever the presets say.',
        properties: Object.fromEntries(rules.map(ruleSchema)),
        additionalProperties: false,
      },
    },
  };
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'podium.yaml',
    type: 'object',
    properties: { lint, dev: { ...z.toJSONSchema(devSettings, { io: 'input' }), $schema: undefined } },
  };
}

function choices(options: z.ZodObject | undefined): object {
  const severity = { enum: ['error', 'warning', 'information', 'hint'] };
  const own = options ? (z.toJSONSchema(options, { io: 'input' }).properties ?? {}) : {};
  return {
    anyOf: [
      { type: 'boolean' },
      { enum: ['on', 'off', ...severity.enum] },
      { type: 'object', properties: { severity, ...own }, additionalProperties: false },
    ],
  };
}
