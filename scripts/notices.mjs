// The licences of what is in the bundles.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** @param inputs files that esbuild bundled, relative to the project */
export function writeNotices(inputs, file) {
  const folders = new Set([...inputs].map(packageFolder).filter(Boolean));
  // Their types and descriptions are in the catalogue, though none of their code is.
  folders.add('node_modules/@kubernetes/client-node').add('node_modules/kubernetes-models');
  const notices = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const text = readdirSync(folder).filter((entry) => /^(licen[cs]e|notice)/i.test(entry)).map((entry) => readFileSync(join(folder, entry), 'utf8').trim());
    return [`${name} ${version} (${typeof license === 'string' ? license : 'see below'})`, ...text].join('\n\n');
  });
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `Podium contains the following third-party software.\n\n${notices.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`);
}

function packageFolder(input) {
  return /^(?:[\w-]+:)?(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
}
