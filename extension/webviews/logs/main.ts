import type { FromPage, LogLine, LogOptions, LogSource, ToPage } from '../../logs/protocol';
import { connectToEditor, element } from '../vscode-api';
import { LineBuffer } from './line-buffer';
import { t } from '../../words';

const capacity = 200_000;
/** Rows drawn above and below what is in view, so that scrolling shows no gap. */
const spare = 20;

const editor = connectToEditor<{ filter: string; wrap: boolean; times: boolean }>();
const send = (message: FromPage): void => editor.postMessage(message);
const view = element('view', HTMLElement);
const rows = element('rows', HTMLElement);
const filter = element('filter', HTMLInputElement);
const follow = element('follow', HTMLInputElement);
const times = element('times', HTMLInputElement);
const previous = element('previous', HTMLInputElement);
const since = element('since', HTMLSelectElement);
const count = element('count', HTMLElement);
const buffer = new LineBuffer(capacity);
let sources: readonly LogSource[] = [];
let rowHeight = 18;
let drawing = false;

window.addEventListener('message', ({ data }: MessageEvent<ToPage>) => receive(data));
view.addEventListener('scroll', () => {
  // Who scrolls up wants to read; who scrolls to the end wants what comes. Keys and wheels begin with a pixel or two.
  follow.checked = view.scrollTop + view.clientHeight >= view.scrollHeight - 1;
  draw();
});
window.addEventListener('resize', draw);
filter.addEventListener('input', applyFilter);
follow.addEventListener('change', draw);
times.addEventListener('change', draw);
previous.addEventListener('change', askAgain);
since.addEventListener('change', askAgain);
element('clear', HTMLElement).addEventListener('click', () => {
  buffer.clear();
  draw();
});
element('save', HTMLElement).addEventListener('click', () =>
  send({ type: 'save', text: buffer.all().map(plain).join('\n') }),
);
document.addEventListener('keydown', (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === 'f') {
    event.preventDefault();
    filter.focus();
    filter.select();
  }
});

measure();
send({ type: 'ready' });

function receive(message: ToPage): void {
  if (message.type === 'clear') buffer.clear();
  if (message.type === 'sources') showSources(message.sources, message.options);
  if (message.type === 'lines') {
    const dropped = buffer.push(message.lines);
    if (!follow.checked) view.scrollTop -= dropped * rowHeight;
    send({ type: 'taken' });
  }
  draw();
}

function showSources(list: readonly LogSource[], options: LogOptions): void {
  sources = list;
  previous.checked = options.previous;
  since.value = String(options.sinceSeconds);
}

function askAgain(): void {
  send({
    type: 'options',
    options: { follow: !previous.checked, previous: previous.checked, sinceSeconds: Number(since.value) },
  });
}

/** Text, or a regular expression between slashes. */
function applyFilter(): void {
  const test = matcher(filter.value);
  filter.setAttribute('aria-invalid', String(test === null));
  if (test === null) return;
  buffer.filter(test && (([, , text]) => test(text)));
  draw();
}

/** Undefined: everything matches. Null: the expression is not one. */
function matcher(text: string): ((line: string) => boolean) | undefined | null {
  if (text === '') return undefined;
  const expression = /^\/(.*)\/(i?)$/.exec(text);
  if (!expression) {
    const wanted = text.toLowerCase();
    return (line) => line.toLowerCase().includes(wanted);
  }
  try {
    const pattern = new RegExp(expression[1] ?? '', expression[2]);
    return (line) => pattern.test(line);
  } catch {
    return null;
  }
}

/** Once a frame, however many lines come. */
function draw(): void {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    paint();
  });
}

function paint(): void {
  rows.style.height = `${buffer.shown * rowHeight}px`;
  if (follow.checked) view.scrollTop = view.scrollHeight;
  const first = Math.max(0, Math.floor(view.scrollTop / rowHeight) - spare);
  const last = Math.min(buffer.shown, Math.ceil((view.scrollTop + view.clientHeight) / rowHeight) + spare);
  const drawn: HTMLElement[] = [];
  for (let i = first; i < last; i++) {
    const line = buffer.at(i);
    if (line) drawn.push(row(line, i));
  }
  rows.replaceChildren(...drawn);
  count.textContent =
    buffer.shown === buffer.total ? t`${buffer.total} lines` : t`${buffer.shown} of ${buffer.total} lines`;
}

function row(line: LogLine, index: number): HTMLElement {
  const [id, time, text] = line;
  const item = document.createElement('div');
  item.className = time === '' ? 'row note' : 'row';
  item.style.top = `${index * rowHeight}px`;
  if (times.checked && time) item.append(span('time', time));
  if (sources.length > 1 && time) item.append(span(`source color-${id % 6}`, nameOf(id)));
  item.append(text);
  return item;
}

function span(className: string, text: string): HTMLElement {
  const made = document.createElement('span');
  made.className = className;
  made.textContent = text;
  return made;
}

function nameOf(id: number): string {
  const source = sources.find((each) => each.id === id);
  return source ? `${source.pod}/${source.container}` : '';
}

function plain([id, time, text]: LogLine): string {
  return [times.checked ? time : '', sources.length > 1 && time ? nameOf(id) : '', text].filter(Boolean).join(' ');
}

/** The height of a row in the editor's font. */
function measure(): void {
  const probe = row([0, 'x', 'x'], 0);
  rows.append(probe);
  rowHeight = Math.ceil(probe.getBoundingClientRect().height) || rowHeight;
  probe.remove();
}
