// What the charts of a screen show, as files: values as CSV, lines as SVG, the canvases as one PNG. Takes charts as they are on the
// screen, window and smoothing included; asks the host for nothing.
import { pixelRatio } from './pixels.svelte';
import type { Cells } from '../backend/heatmap';
import type { Columns } from '../backend/frame';
import type { Tokens } from '../theme/tokens.svelte';
import { geometryOf, type View } from './plot-view';
import { isDrawn, markColour } from './plot-layers';
import { branchesOf, type Line } from './series';
import type { Box } from './surface';
import { decadeLabels, labels, PX_PER_X_TICK, PX_PER_Y_TICK, ruled } from './ticks';
import { nonfiniteSteps, trace } from './trace';

type Place = { title: string; unit: string; node: HTMLElement };
export type LinesPart = Place & { kind: 'lines'; view: View };
export type HeatPart = Place & { kind: 'heat'; cells: Cells | null; window: readonly [number, number] };
export type Part = LinesPart | HeatPart;

const TITLE_BASELINE = 18;
/** Half the width of the mark of values that are not finite. */
const CROSS = 2.6;
const HEAD = 'chart,series,superseded_attempt,step,x,min,max,mean,first,last,nonfinite';

/** One line a pixel column of a line, or a cell of a heat map (its maximum); values as recorded, not as scaled for reading. */
export function csv(parts: Part[]): string {
  const rows = [HEAD];
  for (const part of parts) {
    if (part.kind === 'heat') rows.push(...cellRows(part));
    else for (const line of part.view.lines) for (const one of columnsOf(line)) rows.push(...columnRows(part, one));
  }
  return `${rows.join('\n')}\n`;
}

const columnsOf = (line: Line): Columns[] => [line.columns, ...branchesOf(line)].filter((one) => one !== null);
const quoted = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

function columnRows({ title, view }: LinesPart, columns: Columns): string[] {
  const [from, to] = view.window;
  const rows: string[] = [];
  columns.step.forEach((step, i) => {
    if (step < from || step > to) return;
    const values = [columns.min, columns.max, columns.mean, columns.first, columns.last, columns.nonfinite].map((part) => String(part[i] ?? NaN));
    rows.push([quoted(title), quoted(columns.name), columns.superseded ?? '', step, columns.x?.[i] ?? step, ...values].join(','));
  });
  return rows;
}

function cellRows({ title, cells, window: [from, to] }: HeatPart): string[] {
  if (cells === null) return [];
  return cells.rows.flatMap((row, r) => Array.from({ length: cells.columns }, (_, c) => {
    const step = cells.from + c * cells.stride;
    const at = r * cells.columns + c;
    const [largest, nonfinite] = [cells.largest[at] ?? NaN, cells.nonfinite[at] ?? 0];
    return step < from || step > to || (Number.isNaN(largest) && nonfinite === 0) ? '' : [quoted(title), quoted(row.name), '', step, step, '', largest, '', '', '', nonfinite].join(',');
  }).filter((row) => row !== ''));
}

const round = (value: number) => Math.round(value * 100) / 100;
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
const words = (x: number, y: number, fill: string, text: string, anchor = 'start', size = 10.5) =>
  `<text x="${round(x)}" y="${round(y)}" fill="${fill}" font-size="${size}" text-anchor="${anchor}">${escaped(text)}</text>`;

/** A pen whose strokes are the `d` of a path. */
class PathPen {
  d = '';
  moveTo(x: number, y: number): void {
    this.d += `M${round(x)} ${round(y)}`;
  }
  lineTo(x: number, y: number): void {
    this.d += `L${round(x)} ${round(y)}`;
  }
}

function within(node: Element, frame: DOMRect): Box {
  const box = node.getBoundingClientRect();
  return { left: box.left - frame.left, top: box.top - frame.top, width: box.width, height: box.height };
}
const cardOf = (part: Part) => part.node.closest('figure') ?? part.node;

/** The charts where they are on the screen. Heat maps are pictures in it. */
export function svg(parts: Part[], container: Element, tokens: Tokens): string {
  const frame = container.getBoundingClientRect();
  const out = parts.flatMap((part) => {
    const card = within(cardOf(part), frame);
    const plot = within(part.node, frame);
    const head = [
      `<rect x="${round(card.left)}" y="${round(card.top)}" width="${round(card.width)}" height="${round(card.height)}" fill="${tokens.panel}"/>`,
      words(card.left + 10, card.top + TITLE_BASELINE, tokens.tx1, [part.title, part.unit].filter((text) => text !== '').join(' · '), 'start', 12),
    ];
    if (part.kind === 'heat') {
      const image = part.node.querySelector('canvas')?.toDataURL('image/png') ?? '';
      return [...head, `<image x="${round(plot.left)}" y="${round(plot.top)}" width="${round(plot.width)}" height="${round(plot.height)}" href="${image}"/>`];
    }
    return [...head, ...lines(part.view, plot, tokens), ...legend(part.view, card, tokens)];
  });
  const [width, height] = [round(frame.width), round(frame.height)];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${escaped(tokens.font)}">`
    + `<rect width="100%" height="100%" fill="${tokens.app}"/>${out.join('')}</svg>\n`;
}

const colour = (line: Line, tokens: Tokens) => (line.slot === 0 ? tokens.tx2 : tokens.categories[line.slot - 1] ?? tokens.tx2);

function lines(view: View, plot: Box, tokens: Tokens): string[] {
  const { log, y: [low, high] } = view;
  const at = geometryOf(view, plot.width, plot.height);
  const box = { ...at, left: plot.left + at.left, top: plot.top + at.top };
  const x = (step: number) => plot.left + at.x(step);
  const y = (value: number) => plot.top + at.y(value);
  const out: string[] = [];
  const [w, h] = [round(box.width), round(box.height)];
  // A picture of its own cuts off what lies beyond the plot.
  const clip = `<svg x="${round(box.left)}" y="${round(box.top)}" width="${w}" height="${h}" viewBox="${round(box.left)} ${round(box.top)} ${w} ${h}">`;
  const rule = (x1: number, y1: number, x2: number, y2: number, stroke: string, more = '') => out.push(`<path d="M${round(x1)} ${round(y1)}L${round(x2)} ${round(y2)}" stroke="${stroke}" ${more}/>`);
  out.push(clip);
  for (const mark of view.marks) {
    if (mark.kind === 'dip' && mark.end !== null) out.push(`<rect x="${round(x(mark.at))}" y="${round(box.top)}" width="${round(x(mark.end) - x(mark.at))}" height="${round(box.height)}" fill="${tokens.dipFill}"/>`);
  }
  if (view.band?.whole === true) out.push(`<rect x="${round(box.left)}" y="${round(y(view.band.high))}" width="${round(box.width)}" height="${round(y(view.band.low) - y(view.band.high))}" fill="${tokens.band}"/>`);
  out.push('</svg>');
  const count = Math.max(2, Math.floor(box.height / PX_PER_Y_TICK));
  const splits = ruled([low, high], count, log, view.times);
  const texts = (view.format ?? (log ? decadeLabels : labels))(splits);
  splits.forEach((value, i) => {
    rule(box.left, y(value), box.left + box.width, y(value), tokens.grid);
    out.push(words(box.left - 6, y(value) + 3.5, tokens.axis, texts[i] ?? '', 'end'));
  });
  for (const { at, text } of view.scale.ticks(view.window, Math.max(2, Math.floor(box.width / PX_PER_X_TICK))).ticks) {
    const place = box.left + at * box.width;
    rule(place, box.top, place, box.top + box.height, tokens.grid);
    if (view.showX && at < 0.9) out.push(words(place, box.top + box.height + 14, tokens.axis, text, 'middle'));
  }
  if (view.showX) out.push(words(box.left + box.width, box.top + box.height + 14, tokens.tx3, view.xTitle, 'end'));
  const inside = (value: number) => value >= low && value <= high;
  for (const value of view.band === null ? [] : [view.band.low, view.band.high].filter(inside)) rule(box.left, y(value), box.left + box.width, y(value), tokens.bandEdge, 'stroke-dasharray="3 3"');
  for (const mark of view.marks.filter((one) => isDrawn(one) && one.kind !== 'dip' && one.at >= view.window[0] && one.at <= view.window[1])) {
    rule(x(mark.at), box.top, x(mark.at), box.top + box.height, markColour(tokens, mark.kind), 'stroke-dasharray="2 2"');
  }
  out.push(clip);
  for (const line of [...view.lines].reverse()) {
    const ghosts = [...branchesOf(line), ...(line.smoothed ? [line.columns] : [])];
    for (const [columns, ghost] of [...ghosts.map((one) => [one, true] as const), [line.smoothed ?? line.columns, false] as const]) {
      if (!columns) continue;
      const pen = new PathPen();
      trace(columns, view.window, x, y, pen);
      const dash = line.solid || line.slot === 0 ? '' : `stroke-dasharray="${(tokens.dashes[line.slot - 1] ?? []).join(' ')}"`;
      out.push(`<path d="${pen.d}" fill="none" stroke="${colour(line, tokens)}" stroke-width="${ghost ? 1 : line.width ?? 1.4}" ${ghost ? 'opacity="0.35"' : ''} ${dash}/>`);
    }
    for (const step of line.columns === null ? [] : nonfiniteSteps(line.columns, view.window)) {
      out.push(`<path d="M${round(x(step)) - CROSS} ${round(box.top + box.height) - 5 - CROSS}l${2 * CROSS} ${2 * CROSS}m0 ${-2 * CROSS}l${-2 * CROSS} ${2 * CROSS}" stroke="${tokens.nan}" stroke-width="1.6"/>`);
    }
  }
  out.push('</svg>');
  return out;
}

/** Names of lines and where they stand in the head, from the right. */
function names(view: View, card: Box): { line: Line; at: number }[] {
  let right = card.left + card.width - 10;
  if (view.lines.length < 2) return [];
  return [...view.lines].reverse().map((line) => {
    right -= line.label.length * 6 + 24;
    return { line, at: right };
  });
}

function legend(view: View, card: Box, tokens: Tokens): string[] {
  return names(view, card).flatMap(({ line, at }) => [
    `<path d="M${round(at)} ${round(card.top + 14)}h14" stroke="${colour(line, tokens)}" stroke-width="2"/>`, words(at + 18, card.top + TITLE_BASELINE, tokens.tx2, line.label),
  ]);
}

/** The canvases of the charts on one, with their titles. */
export function picture(parts: Part[], container: Element, tokens: Tokens): Promise<Blob | null> {
  const frame = container.getBoundingClientRect();
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(frame.width * pixelRatio());
  canvas.height = Math.round(frame.height * pixelRatio());
  const ctx = canvas.getContext('2d');
  if (ctx === null) return Promise.resolve(null);
  ctx.scale(pixelRatio(), pixelRatio());
  ctx.fillStyle = tokens.app;
  ctx.fillRect(0, 0, frame.width, frame.height);
  for (const part of parts) {
    const card = within(cardOf(part), frame);
    ctx.fillStyle = tokens.panel;
    ctx.fillRect(card.left, card.top, card.width, card.height);
    ctx.fillStyle = tokens.tx1;
    ctx.font = `12px ${tokens.font}`;
    ctx.fillText([part.title, part.unit].filter((text) => text !== '').join(' · '), card.left + 10, card.top + TITLE_BASELINE);
    for (const { line, at } of part.kind === 'lines' ? names(part.view, card) : []) {
      ctx.fillStyle = colour(line, tokens);
      ctx.fillRect(at, card.top + 13, 14, 2);
      ctx.fillStyle = tokens.tx2;
      ctx.font = `10.5px ${tokens.font}`;
      ctx.fillText(line.label, at + 18, card.top + TITLE_BASELINE);
    }
    const drawn = part.node.querySelector('canvas');
    if (drawn === null) continue;
    const box = within(drawn, frame);
    ctx.drawImage(drawn, box.left, box.top, box.width, box.height);
  }
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
}
