import type { EventLine, FromPage, RolloutModel, RolloutSample, RolloutSet, Shown } from '../../looking/protocol';
import { make } from '../elements';
import { connectToEditor, element } from '../vscode-api';
import { t } from '../../words';

const height = 220;
const pad = { left: 36, right: 20, top: 16, bottom: 34 };
/** What has just begun isn't drawn over the whole width. */
const leastSpanMs = 20_000;

const send = (message: FromPage): void => editor.postMessage(message);
const editor = connectToEditor<never>();
const chart = element('chart', HTMLElement);
const sets = element('sets', HTMLElement);
const events = element('events', HTMLElement);
const summary = element('summary', HTMLElement);
let latest: RolloutModel | undefined;

window.addEventListener('message', ({ data }: MessageEvent<Shown<RolloutModel>>) => show(data.model));
window.addEventListener('resize', draw);
// Time goes on when nothing changes.
setInterval(() => document.hidden || draw(), 1000);
send({ type: 'ready' });

function show(model: RolloutModel): void {
  latest = model;
  const [current] = model.sets;
  const ready = current
    ? t`Revision ${current.revision}: ${current.ready} of ${model.desired} ready`
    : t`No revision yet`;
  summary.textContent = model.error ?? (model.complete ? ready : t`Reading…`);
  sets.replaceChildren(...model.sets.map(setRow));
  events.replaceChildren(...model.events.map(eventRow).reverse());
  draw();
}

function setRow({ name, revision, images, desired, replicas, ready }: RolloutSet, index: number): HTMLElement {
  const cells = [String(revision), name, images.join(', '), t`${ready} ready · ${replicas} of ${desired}`].map((text) =>
    make('td', { text }),
  );
  cells[0]?.prepend(make('i', { className: `color-${index % 6}` }));
  return make('tr', {}, ...cells);
}

function eventRow({ time, reason, message, warning, count }: EventLine): HTMLElement {
  return make(
    'li',
    {},
    make('span', { className: 'time', text: new Date(time).toLocaleTimeString() }),
    make('span', { className: warning ? 'reason warning' : 'reason', text: reason }),
    make('span', { className: 'message', text: count > 1 ? `${message} (×${count})` : message }),
  );
}

function draw(): void {
  if (!latest) return;
  const { sets: revisions, samples, events: marks, desired } = latest;
  const now = Date.now();
  const width = Math.max(320, chart.clientWidth - 16);
  const start = samples[0]?.time ?? now;
  const span = Math.max(leastSpanMs, now - start);
  const most = Math.max(
    desired,
    1,
    ...samples.flatMap(({ counts }) => Object.values(counts).map(({ replicas }) => replicas)),
  );
  const x = (time: number): number =>
    pad.left + ((Math.max(time, start) - start) / span) * (width - pad.left - pad.right);
  const y = (count: number): number => height - pad.bottom - (count / most) * (height - pad.top - pad.bottom);
  const picture = svg('svg', {
    width,
    height,
    role: 'img',
    'aria-label': t`Pods of each revision over time; the table below has the numbers`,
  });
  for (const count of new Set([0, Math.ceil(most / 2), most]))
    picture.append(
      svg('line', { class: 'grid', x1: pad.left, x2: width - pad.right, y1: y(count), y2: y(count) }),
      words(14, y(count) + 4, String(count)),
    );
  revisions.forEach(({ name }, i) => {
    for (const of of ['replicas', 'ready'] as const) {
      const d = steps(samples, name, of, x, y);
      if (d) picture.append(svg('path', { class: `line ${of} color-${i % 6}`, d: `${d} H${x(now)}` }));
    }
  });
  picture.append(words(pad.left, height - 8, new Date(start).toLocaleTimeString()), words(x(now), height - 8, 'now'));
  // Times of events are in whole seconds.
  for (const mark of marks) if (mark.time >= start - 1000) picture.append(dot(mark, x(mark.time), y(0)));
  chart.replaceChildren(picture);
}

/** A line in steps; none for a revision that had no pods all along. */
function steps(
  samples: readonly RolloutSample[],
  name: string,
  of: 'replicas' | 'ready',
  x: (time: number) => number,
  y: (count: number) => number,
): string {
  const points = samples.map(({ time, counts }) => ({ time, count: counts[name]?.[of] ?? 0 }));
  if (points.every(({ count }) => count === 0)) return '';
  return points
    .map(({ time, count }, i) => (i === 0 ? `M${x(time)},${y(count)}` : `H${x(time)} V${y(count)}`))
    .join(' ');
}

function dot({ warning, reason, message }: EventLine, cx: number, cy: number): SVGElement {
  const title = svg('title', {});
  title.textContent = `${reason}: ${message}`;
  const made = svg('circle', { class: warning ? 'mark warning' : 'mark', cx, cy, r: 4.5 });
  made.append(title);
  return made;
}

function words(x: number, y: number, text: string): SVGElement {
  const made = svg('text', { x, y });
  made.textContent = text;
  return made;
}

function svg(tag: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  return made;
}
