import type { EventLine, EventsModel, FromPage, Shown } from '../../looking/protocol';
import { make } from '../elements';
import { connectToEditor, element } from '../vscode-api';
import { t } from '../../words';

const editor = connectToEditor<never>();
const send = (message: FromPage): void => editor.postMessage(message);
const rows = element('rows', HTMLElement);
const filter = element('filter', HTMLInputElement);
const warnings = element('warnings', HTMLInputElement);
const summary = element('summary', HTMLElement);
let model: EventsModel = { lines: [], total: 0, complete: false };
/** Rows as they are drawn: what is the same stays. */
let drawn = new Map<string, HTMLElement>();

window.addEventListener('message', ({ data }: MessageEvent<Shown<EventsModel>>) => {
  model = data.model;
  draw();
});
filter.addEventListener('input', draw);
warnings.addEventListener('change', draw);
rows.addEventListener('keydown', move);
send({ type: 'ready' });

function draw(): void {
  const wanted = filter.value.toLowerCase();
  const shown = model.lines.filter(
    (line) => (!warnings.checked || line.warning) && textOf(line).toLowerCase().includes(wanted),
  );
  const before = drawn;
  const focused = document.activeElement;
  drawn = new Map(
    shown.map((line): [string, HTMLElement] => {
      const key = JSON.stringify(line);
      return [key, before.get(key) ?? row(line)];
    }),
  );
  const items = [...drawn.values()];
  if (items.length !== rows.children.length || items.some((each, i) => each !== rows.children[i]))
    rows.replaceChildren(...items);
  if (focused instanceof HTMLElement && rows.contains(focused)) focused.focus();
  const count = shown.length === model.total ? String(shown.length) : t`${shown.length} of ${model.total}`;
  summary.textContent = model.error ?? model.complete ? t`${count} events` : t`Reading… ${count} events`;
  const all = buttons();
  if (!all.some(({ tabIndex }) => tabIndex === 0)) all[0]?.setAttribute('tabindex', '0');
}

function textOf({ ref, reason, message }: EventLine): string {
  return `${ref.kind} ${ref.name} ${reason} ${message}`;
}

function row({ time, warning, reason, message, count, ref }: EventLine): HTMLElement {
  const at = new Date(time);
  const button = make(
    'button',
    { className: 'event' },
    make('span', { className: 'time', text: at.toLocaleTimeString() }),
    make('span', { className: warning ? 'reason warning' : 'reason', text: reason }),
    make('span', { className: 'object', text: `${ref.kind} ${ref.name}` }),
    make('span', { className: 'message', text: count > 1 ? `${message} (×${count})` : message }),
  );
  button.tabIndex = -1;
  button.title = `${at.toLocaleString()}\n${message}`;
  button.addEventListener('click', () => send({ type: 'menu', ref }));
  return make('li', {}, button);
}

function buttons(): HTMLElement[] {
  return [...rows.querySelectorAll<HTMLElement>('button')];
}

function move(event: KeyboardEvent): void {
  const all = buttons();
  const at = all.findIndex((each) => each === document.activeElement);
  const steps: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 };
  const to = steps[event.key];
  const next = to === undefined ? undefined : all[to];
  if (!next) return;
  event.preventDefault();
  for (const each of all) each.tabIndex = each === next ? 0 : -1;
  next.focus();
}
