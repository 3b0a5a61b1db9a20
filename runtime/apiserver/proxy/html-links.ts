/** Attributes that hold addresses, by element (HTML 4.01 and 5). */
const addressAttributes: Readonly<Record<string, readonly string[]>> = {
  a: ['href'], applet: ['codebase'], area: ['href'], audio: ['src'], base: ['href'], blockquote: ['cite'],
  body: ['background'], button: ['formaction'], command: ['icon'], del: ['cite'], embed: ['src'], form: ['action'],
  frame: ['longdesc', 'src'], head: ['profile'], html: ['manifest'], iframe: ['longdesc', 'src'],
  img: ['longdesc', 'src', 'usemap'], input: ['formaction', 'src', 'usemap'], ins: ['cite'], link: ['href'],
  object: ['classid', 'codebase', 'data', 'usemap'], q: ['cite'], script: ['src'], source: ['src'], video: ['poster', 'src'],
};
/** Elements whose content is text, whatever it looks like. */
const textElements = new Set(['script', 'style', 'textarea', 'title', 'xmp', 'iframe', 'noembed', 'noframes']);

const attribute = /[\s/]*([^\s=/>]+)(?:(\s*=\s*)(?:"([^"]*)"|'([^']*)'|([^\s>]+)))?/gy;
const tag = /<([a-zA-Z][^\s/>]*)/gy;

/** A page with the addresses in its start tags rewritten; all else is kept to the letter. */
export function rewriteLinks(html: string, rewrite: (url: string) => string): string {
  let out = '';
  let at = 0;
  for (;;) {
    const open = html.indexOf('<', at);
    if (open < 0) return out + html.slice(at);
    out += html.slice(at, open);
    tag.lastIndex = open;
    const name = tag.exec(html)?.[1]?.toLowerCase();
    if (name === undefined) {
      at = endOfMarkup(html, open);
      out += html.slice(open, at);
      continue;
    }
    const start = startTag(html, open + 1 + name.length, addressAttributes[name] ?? [], rewrite);
    out += html.slice(open, open + 1 + name.length) + start.text;
    at = start.end;
    if (!textElements.has(name)) continue;
    const close = endOfText(html, at, name);
    out += html.slice(at, close);
    at = close;
  }
}

/** The rest of a start tag up to its `>`, rewritten. */
function startTag(html: string, from: number, names: readonly string[], rewrite: (url: string) => string): { text: string; end: number } {
  let text = '';
  let at = from;
  for (;;) {
    attribute.lastIndex = at;
    const match = attribute.exec(html);
    if (!match) {
      const close = html.indexOf('>', at);
      const end = close < 0 ? html.length : close + 1;
      return { text: text + html.slice(at, end), end };
    }
    const [all, name = '', equals, double, single, bare] = match;
    const value = double ?? single ?? bare;
    at = attribute.lastIndex;
    const rewritten = value !== undefined && names.includes(name.toLowerCase()) ? rewrite(unescape(value)) : undefined;
    text += rewritten === undefined || rewritten === unescape(value ?? '')
      ? all
      : `${all.slice(0, all.indexOf(name))}${name}${equals}"${escape(rewritten)}"`;
  }
}

/** Comments, declarations, end tags, or a `<` that is none of them. */
function endOfMarkup(html: string, open: number): number {
  const [end, length] = html.startsWith('<!--', open) ? [html.indexOf('-->', open + 4), 3]
    : /[!?/]/.test(html[open + 1] ?? '') ? [html.indexOf('>', open), 1] : [open, 1];
  return end < 0 ? html.length : end + length;
}

function endOfText(html: string, from: number, name: string): number {
  const close = new RegExp(`</${name}`, 'gi');
  close.lastIndex = from;
  return close.exec(html)?.index ?? html.length;
}

function unescape(value: string): string {
  return value.replace(/&(amp|quot|#34|#39|lt|gt);/g, (_, name: string) => entities[name] ?? '');
}

const entities: Readonly<Record<string, string>> = { amp: '&', quot: '"', '#34': '"', '#39': "'", lt: '<', gt: '>' };

function escape(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('"', '&#34;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
