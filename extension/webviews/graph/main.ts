import type { FromPage, GraphEdge, GraphModel, GraphNode, Shown } from '../../looking/protocol';
import { make } from '../elements';
import { connectToEditor, element } from '../vscode-api';
import { t } from '../../words';

const width = 188;
const height = 44;
const columnStep = 226;
const rowStep = 58;
const margin = 20;
const textLeft = 18;
/** As the style sheet has them. */
const fontSizes = { kind: 10.5, name: 12 };
/** Kinds whose names leave no room for what is wrong. */
const shortNames: Readonly<Record<string, string>> = { HorizontalPodAutoscaler: 'HPA', PersistentVolumeClaim: 'PVC' };
/** A sheet of paper: the object is in a file. */
const sheet = 'M0.5,0.5 h6 l3,3 v8 h-9 z M6.5,0.5 v3 h3';

const editor = connectToEditor<never>();
const send = (message: FromPage): void => editor.postMessage(message);
const view = element('view', HTMLElement);
const list = element('list', HTMLElement);
const summary = element('summary', HTMLElement);
const asList = element('as-list', HTMLInputElement);
const pen = document.createElement('canvas').getContext('2d')!;
const scene = svg('g', {});
const picture = svg('svg', { 'aria-hidden': 'true' }, scene);
const place = { x: 0, y: 0, scale: 1 };
let shown: GraphModel = { nodes: [], edges: [], complete: false };
let fitted = false;
let drawn = '';

view.append(picture);
window.addEventListener('message', ({ data }: MessageEvent<Shown<GraphModel>>) => show(data.model));
asList.addEventListener('change', () => document.body.classList.toggle('listed', asList.checked));
element('fit', HTMLElement).addEventListener('click', fit);
for (const area of [view, list]) area.addEventListener('click', ({ target }) => open(target));
view.addEventListener('keydown', moveByKey);
view.addEventListener('wheel', zoom, { passive: false });
view.addEventListener('pointerdown', drag);
list.addEventListener('focusin', ({ target }) => point(target));
list.addEventListener('focusout', () => point(null));
list.addEventListener('keydown', moveInList);
send({ type: 'ready' });

function show(model: GraphModel): void {
  // What is the same stays: a click that has begun needs its target.
  const text = JSON.stringify(model);
  if (text === drawn) return;
  drawn = text;
  shown = model;
  const byId = new Map(model.nodes.map((node) => [node.id, node]));
  const broken = model.nodes.filter(({ level }) => level === 'error').length;
  summary.textContent =
    model.error ??
    [
      model.complete ? '' : t`Reading…`,
      t`${model.nodes.length} objects`,
      broken > 0 ? t`${broken} broken` : '',
    ].filter(Boolean).join(' · ');
  scene.replaceChildren(...model.edges.flatMap((edge) => curve(edge, byId)), ...model.nodes.map(box));
  list.replaceChildren(...model.nodes.map((node) => item(node, byId)));
  if (!fitted && model.nodes.length > 0) fit();
  // Until all is there, every answer may need more room.
  fitted = model.complete;
}

function corner({ column, row }: GraphNode): { x: number; y: number } {
  const used = [...new Set(shown.nodes.map((node) => node.column))].sort((a, b) => a - b);
  return { x: margin + used.indexOf(column) * columnStep, y: margin + row * rowStep };
}

function box(node: GraphNode): SVGElement {
  const { x, y } = corner(node);
  const made = svg('g', {
    class: ['node', node.level, node.missing ? 'missing' : '', node.isLive || node.missing ? '' : 'planned'].join(' '),
    transform: `translate(${x},${y})`,
    'data-id': node.id,
  });
  const title = svg('title', {});
  title.textContent = describe(node);
  made.append(
    title,
    svg('rect', { class: 'body', width, height, rx: 6 }),
    svg('rect', { class: 'mark', width: 4, height: height - 12, x: 6, y: 6, rx: 2 }),
    words('kind', 17, [shortNames[node.ref.kind] ?? node.ref.kind, node.note].filter(Boolean).join(' · '), node.file !== undefined),
    words('name', 34, node.label, false),
    ...(node.file === undefined ? [] : [svg('path', { class: 'file', d: sheet, transform: `translate(${width - 17},6)` })]),
  );
  return made;
}

function words(className: 'kind' | 'name', y: number, text: string, besideSheet: boolean): SVGElement {
  const made = svg('text', { class: className, x: textLeft, y });
  made.textContent = cut(text, className, width - textLeft - (besideSheet ? 22 : 8));
  return made;
}

/** As much of a text as there is room for. Names differ at their ends, sentences say most at their start. */
function cut(text: string, className: 'kind' | 'name', room: number): string {
  pen.font = [`${fontSizes[className]}px`, getComputedStyle(document.body).fontFamily].join(' ');
  if (pen.measureText(text).width <= room) return text;
  for (let kept = text.length - 1; kept > 1; kept--) {
    const end = className === 'name' ? Math.floor(kept / 2) : 0;
    const shorter = `${text.slice(0, kept - end)}…${text.slice(text.length - end)}`;
    if (pen.measureText(shorter).width <= room) return shorter;
  }
  return '…';
}

function curve({ from, to, kind, broken, planned }: GraphEdge, byId: ReadonlyMap<string, GraphNode>): SVGElement[] {
  const [start, end] = [byId.get(from), byId.get(to)];
  if (!start || !end) return [];
  const [a, b] = [corner(start), corner(end)];
  const [x1, y1, x2, y2] = [a.x + width, a.y + height / 2, b.x, b.y + height / 2];
  const bend = Math.max(30, (x2 - x1) / 2);
  return [
    svg('path', {
      class: ['edge', kind, planned ? 'planned' : '', broken ? 'broken' : ''].join(' '),
      d: `M${x1},${y1} C${x1 + bend},${y1} ${x2 - bend},${y2} ${x2},${y2}`,
    }),
  ];
}

/** The same for who can't see the picture: an object, how it is, and what it leads to. */
function item(node: GraphNode, byId: ReadonlyMap<string, GraphNode>): HTMLElement {
  const button = make('button', { text: describe(node), className: node.level });
  button.dataset.id = node.id;
  const leads = shown.edges
    .filter(({ from }) => from === node.id)
    .flatMap(({ kind, to }) => {
      const end = byId.get(to);
      return end ? [make('li', { text: `${verbs()[kind]} ${end.ref.kind} ${end.label}` })] : [];
    });
  return make('li', {}, button, ...(leads.length > 0 ? [make('ul', {}, ...leads)] : []));
}

const verbs = (): Record<GraphEdge['kind'], string> => ({
  owner: t`owns`,
  selector: t`selects`,
  route: t`leads to`,
  scale: t`scales`,
  reference: t`uses`,
});

function describe({ ref, label, note, file }: GraphNode): string {
  const where = file === undefined ? '' : ` (${decodeURIComponent(file.split('/').at(-1) ?? '')})`;
  return `${ref.kind} ${label}${note ? `: ${note}` : ''}${where}`;
}

function open(target: EventTarget | null): void {
  const id = target instanceof Element ? target.closest<HTMLElement | SVGElement>('[data-id]')?.dataset.id : undefined;
  const node = shown.nodes.find((each) => each.id === id);
  if (!node || node.missing) return;
  const { ref, file, isLive } = node;
  send({ type: 'menu', ref, isLive, ...(file !== undefined && { file }) });
}

/** Who goes through the list by keys sees in the picture where they are. */
function point(target: EventTarget | null): void {
  const id = target instanceof HTMLElement ? target.dataset.id : undefined;
  for (const each of scene.querySelectorAll<SVGElement>('.node'))
    each.classList.toggle('focused', each.dataset.id === id);
  const node = shown.nodes.find((each) => each.id === id);
  if (node) bringIntoView(corner(node));
}

function bringIntoView({ x, y }: { x: number; y: number }): void {
  const left = place.x + x * place.scale;
  const top = place.y + y * place.scale;
  const isInView =
    left >= 0 && top >= 0 && left + width * place.scale <= view.clientWidth && top + height * place.scale <= view.clientHeight;
  if (isInView) return;
  place.x = view.clientWidth / 2 - (x + width / 2) * place.scale;
  place.y = view.clientHeight / 2 - (y + height / 2) * place.scale;
  draw();
}

function moveInList(event: KeyboardEvent): void {
  const all = [...list.querySelectorAll<HTMLElement>('button')];
  const at = all.findIndex((each) => each === document.activeElement);
  const steps: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 };
  const to = steps[event.key];
  if (to === undefined) return;
  event.preventDefault();
  all[to]?.focus();
}

function fit(): void {
  const corners = shown.nodes.map(corner);
  const right = Math.max(...corners.map(({ x }) => x)) + width + margin;
  const bottom = Math.max(...corners.map(({ y }) => y)) + height + margin;
  place.scale = Math.min(1.2, view.clientWidth / right, Math.max(view.clientHeight / bottom, 0.5));
  place.x = Math.max(0, (view.clientWidth - right * place.scale) / 2);
  place.y = 0;
  draw();
}

function draw(): void {
  scene.setAttribute('transform', `translate(${place.x},${place.y}) scale(${place.scale})`);
}

function zoomTo(factor: number, x: number, y: number): void {
  const scale = Math.min(3, Math.max(0.1, place.scale * factor));
  place.x = x - ((x - place.x) * scale) / place.scale;
  place.y = y - ((y - place.y) * scale) / place.scale;
  place.scale = scale;
  draw();
}

/** The wheel moves the picture, with Ctrl it zooms, as elsewhere in the editor. */
function zoom(event: WheelEvent): void {
  event.preventDefault();
  if (event.ctrlKey || event.metaKey) return zoomTo(Math.exp(-event.deltaY / 300), event.offsetX, event.offsetY);
  place.x -= event.shiftKey ? event.deltaY : event.deltaX;
  place.y -= event.shiftKey ? 0 : event.deltaY;
  draw();
}

function drag(down: PointerEvent): void {
  const from = { x: down.clientX - place.x, y: down.clientY - place.y };
  const move = (event: PointerEvent): void => {
    place.x = event.clientX - from.x;
    place.y = event.clientY - from.y;
    draw();
  };
  window.addEventListener('pointermove', move);
  window.addEventListener('pointerup', () => window.removeEventListener('pointermove', move), { once: true });
}

function moveByKey(event: KeyboardEvent): void {
  const step = 40;
  const keys: Record<string, () => void> = {
    ArrowLeft: () => (place.x += step),
    ArrowRight: () => (place.x -= step),
    ArrowUp: () => (place.y += step),
    ArrowDown: () => (place.y -= step),
    '+': () => zoomTo(1.2, view.clientWidth / 2, view.clientHeight / 2),
    '-': () => zoomTo(1 / 1.2, view.clientWidth / 2, view.clientHeight / 2),
    '0': fit,
  };
  const act = keys[event.key];
  if (!act) return;
  event.preventDefault();
  act();
  draw();
}

function svg(
  tag: string,
  attributes: Readonly<Record<string, string | number>>,
  ...children: readonly Node[]
): SVGElement {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...children);
  return made;
}
