import type { FromPage, NodeCard, NodeMapModel, PodCell, Shown, Usage } from '../../looking/protocol';
import { connectToEditor, element } from '../vscode-api';
import { make } from '../elements';
import { t } from '../../words';

const editor = connectToEditor<never>();
const send = (message: FromPage): void => editor.postMessage(message);
const map = element('map', HTMLElement);
const summary = element('summary', HTMLElement);
/** The pod that the Tab key comes to; the arrow keys move it. */
let current = '';
/** Cards as they are drawn: what is the same stays, since a click that has begun needs its target. */
let drawn = new Map<string, HTMLElement>();

window.addEventListener('message', ({ data }: MessageEvent<Shown<NodeMapModel>>) => show(data.model));
map.addEventListener('click', (event) => open(event.target));
map.addEventListener('keydown', move);
map.addEventListener('focusin', ({ target }) => {
  if (target instanceof HTMLElement && target.dataset.ref) settle(target);
});
send({ type: 'ready' });

function show({ cards, complete, error }: NodeMapModel): void {
  const focused = document.activeElement instanceof HTMLElement && map.contains(document.activeElement);
  const before = drawn;
  drawn = new Map(
    cards.map((each): [string, HTMLElement] => {
      const text = JSON.stringify(each);
      return [text, before.get(text) ?? card(each)];
    }),
  );
  const elements = [...drawn.values()];
  if (elements.some((each, i) => each !== map.children[i]) || elements.length !== map.children.length)
    map.replaceChildren(...elements);
  const pods = cards.reduce((sum, each) => sum + each.pods.length, 0);
  const failing = cards.reduce((sum, each) => sum + each.pods.filter(({ level }) => level === 'error').length, 0);
  const nodes = cards.filter(({ ref }) => ref).length;
  summary.textContent =
    error ??
    [complete ? '' : t`Reading…`, t`${nodes} nodes`, t`${pods} pods`, failing > 0 ? t`${failing} failing` : '']
      .filter(Boolean)
      .join(' · ');
  const cells = all();
  const at = cells.find(({ dataset }) => dataset.ref === current) ?? cells[0];
  if (at) {
    settle(at);
    if (focused && document.activeElement !== at) at.focus();
  }
}

function card({ ref, name, level, status, usage, pods }: NodeCard): HTMLElement {
  const title = make('h2', { text: name });
  const state = make('span', { className: `state ${level}`, text: status });
  const head = make('div', { className: 'head' }, title, state);
  const bars = make('div', { className: 'bars' }, ...usage.map(bar));
  const cells = make('div', { className: 'pods' }, ...pods.map(cell));
  cells.setAttribute('role', 'group');
  cells.setAttribute('aria-label', t`Pods of ${name}`);
  if (pods.length === 0) cells.append(make('span', { className: 'none', text: t`no pods` }));
  const made = make(
    'section',
    { className: ref ? 'card' : 'card unplaced' },
    head,
    ...(usage.length > 0 ? [bars] : []),
    cells,
  );
  made.setAttribute('aria-label', `${name}, ${status}`);
  return made;
}

function bar({ resource, text, share }: Usage): HTMLElement {
  const label = make('span', { className: 'label', text: resource });
  const filled = make('span', { className: share > 1 ? 'filled over' : share > 0.8 ? 'filled high' : 'filled' });
  filled.style.width = `${Math.min(1, share) * 100}%`;
  const track = make('span', { className: 'track' }, filled);
  track.setAttribute('role', 'meter');
  track.setAttribute('aria-label', t`${resource} requested`);
  track.setAttribute('aria-valuemin', '0');
  track.setAttribute('aria-valuemax', '100');
  track.setAttribute('aria-valuenow', String(Math.round(share * 100)));
  track.setAttribute('aria-valuetext', text);
  return make('div', { className: 'bar' }, label, track, make('span', { className: 'amount', text }));
}

function cell({ ref, level, status }: PodCell): HTMLElement {
  const made = make('button', { className: `pod ${level}` });
  const label = `${ref.namespace}/${ref.name}: ${status}`;
  made.dataset.ref = JSON.stringify(ref);
  made.tabIndex = -1;
  made.title = label;
  made.setAttribute('aria-label', label);
  return made;
}

function open(target: EventTarget | null): void {
  const text = target instanceof HTMLElement ? target.dataset.ref : undefined;
  if (text) send({ type: 'menu', ref: JSON.parse(text) as PodCell['ref'] });
}

function all(): HTMLElement[] {
  return [...map.querySelectorAll<HTMLElement>('.pod')];
}

function settle(chosen: HTMLElement): void {
  for (const each of all()) each.tabIndex = each === chosen ? 0 : -1;
  current = chosen.dataset.ref ?? '';
}

/** Arrow keys go from pod to pod, Home and End to the first and the last. */
function move(event: KeyboardEvent): void {
  const cells = all();
  const at = cells.findIndex((each) => each === document.activeElement);
  const steps: Record<string, number> = {
    ArrowRight: at + 1,
    ArrowDown: at + 1,
    ArrowLeft: at - 1,
    ArrowUp: at - 1,
    Home: 0,
    End: cells.length - 1,
  };
  const to = steps[event.key];
  if (at < 0 || to === undefined) return;
  event.preventDefault();
  cells[Math.max(0, Math.min(cells.length - 1, to))]?.focus();
}
