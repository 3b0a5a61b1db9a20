import picomatch from 'picomatch';

/**
 * Which paths of a build context a `.dockerignore` leaves out. Paths are relative to the context, with slashes. Patterns are
 * anchored there, the last that matches decides, and what is below an ignored folder is ignored too.
 */
export function dockerignore(text: string): (path: string) => boolean {
  const patterns = text.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#')).map(pattern);
  return (path) => patterns.reduce((ignored, { matches, ignores }) => (matches(path) ? ignores : ignored), false);
}

function pattern(line: string): { matches(path: string): boolean; ignores: boolean } {
  const ignores = !line.startsWith('!');
  const glob = (ignores ? line : line.slice(1)).trim().replace(/^(\.?\/)+/, '').replace(/\/+$/, '');
  const whole = glob === '' || glob === '.' ? '**' : glob;
  return { ignores, matches: picomatch([whole, `${whole}/**`], { dot: true, nobrace: true, noextglob: true }) };
}
