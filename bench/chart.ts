/** A line in a chart; its name is its CSS class as well. */
export interface Line {
  readonly name: 'clone' | 'sparse' | 'tagboat' | 'api' | 'glue' | 'bare';
  readonly title: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Panel {
  readonly title: string;
  readonly lines: readonly Line[];
}

/** What grows to the right. */
export interface Axis {
  readonly title: string;
  readonly tick: (value: number) => string;
}

const filesAxis: Axis = { title: 'files in the config repo', tick: files };

const panel = { width: 470, height: 300, left: 56, right: 128, top: 78, bottom: 46 };

/**
 * Panels side by side with one logarithmic scale for all, seconds at the side. Self-contained SVG with its own background, so that it stays readable wherever it is shown, and colours for light and dark.
 */
export function chart(title: string, panels: readonly Panel[], axis: Axis = filesAxis): string {
  const points = panels.flatMap(({ lines }) => lines.flatMap((line) => line.points));
  const xs = [...new Set(points.map(([x]) => x))].toSorted((a, b) => a - b);
  const ys = points.map(([, y]) => y);
  const x = scale(Math.min(...xs), Math.max(...xs), panel.left, panel.width - panel.right);
  const y = scale(tickBelow(Math.min(...ys)), tickAbove(Math.max(...ys)), panel.top + panel.height, panel.top);
  const width = panel.width * panels.length;
  const height = panel.top + panel.height + panel.bottom;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${text(title)}">
<style>
${style}
</style>
<rect class="card" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>
<text class="title" x="20" y="30">${text(title)}</text>
${panels.map((one, index) => drawPanel(one, index * panel.width, { ...axis, xs, x, y })).join('\n')}
</svg>
`;
}

type Scale = ((value: number) => number) & { readonly from: number; readonly to: number };

/** Maps [from, to] onto [start, end], both ends included, by logarithm. */
function scale(from: number, to: number, start: number, end: number): Scale {
  const place = (value: number) => start + ((end - start) * Math.log(value / from)) / Math.log(to / from);
  return Object.assign(place, { from, to });
}

interface Scales extends Axis {
  readonly xs: readonly number[];
  readonly x: Scale;
  readonly y: Scale;
}

function drawPanel({ title, lines }: Panel, left: number, { xs, x, y, ...axis }: Scales): string {
  const parts = [`<text class="panel" x="${panel.left}" y="58">${text(title)}</text>`];
  for (const tick of ticks(y.from, y.to)) {
    const at = round(y(tick));
    parts.push(`<line class="grid" x1="${panel.left}" x2="${panel.width - panel.right}" y1="${at}" y2="${at}"/>`);
    parts.push(`<text class="muted" text-anchor="end" x="${panel.left - 8}" y="${at + 4}">${tick} s</text>`);
  }
  for (const value of xs) {
    const at = round(x(value));
    parts.push(
      `<text class="muted" text-anchor="middle" x="${at}" y="${panel.top + panel.height + 20}">${axis.tick(value)}</text>`,
    );
  }
  const middle = (panel.left + panel.width - panel.right) / 2;
  parts.push(
    `<text class="muted" text-anchor="middle" x="${middle}" y="${panel.top + panel.height + 38}">${text(axis.title)}</text>`,
  );
  for (const { name, points } of lines) {
    const places = points.map(([px, py]) => `${round(x(px))},${round(y(py))}`);
    parts.push(`<polyline class="line ${name}" points="${places.join(' ')}"/>`);
    for (const place of places) {
      const [cx, cy] = place.split(',');
      parts.push(`<circle class="dot ${name}" cx="${cx}" cy="${cy}" r="3.5"/>`);
    }
  }
  parts.push(...labels(lines, y));
  return `<g transform="translate(${left} 0)">\n${parts.join('\n')}\n</g>`;
}

/** Each line's name and last figure at its right end, moved apart where two would touch. */
function labels(lines: readonly Line[], y: Scale): string[] {
  const wanted = lines
    .map((line) => ({ line, seconds: line.points.at(-1)?.[1] ?? Number.NaN }))
    .map((label) => ({ ...label, at: y(label.seconds) }))
    .toSorted((a, b) => a.at - b.at);
  let free = Number.NEGATIVE_INFINITY;
  return wanted.map(({ line, seconds, at }) => {
    const place = Math.max(at, free);
    free = place + 32;
    const left = panel.width - panel.right + 10;
    return `<text class="label ${line.name}" x="${left}" y="${round(place)}">${text(line.title)}<tspan class="muted" x="${left}" dy="15">${Number(seconds.toPrecision(2))} s</tspan></text>`;
  });
}

/** 1, 2 and 5 of every power of ten from `from` to `to`, written short. */
function ticks(from: number, to: number): number[] {
  const found: number[] = [];
  for (let power = Math.floor(Math.log10(from)); power <= Math.ceil(Math.log10(to)); power += 1) {
    for (const step of [1, 2, 5]) {
      const tick = Number((step * 10 ** power).toPrecision(1));
      if (tick >= from * 0.999 && tick <= to * 1.001) found.push(tick);
    }
  }
  return found;
}

function tickBelow(value: number): number {
  return ticks(value / 10, value).at(-1) ?? value;
}

function tickAbove(value: number): number {
  return ticks(value, value * 10)[0] ?? value;
}

function files(count: number): string {
  return count >= 1000 ? `${count / 1000}k` : String(count);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Safe in an element and in an attribute. */
export function text(plain: string): string {
  return plain.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;');
}

/** What all charts have: fonts, grounds, and colours for light and dark. */
export const style = `text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328; }
.card { fill: #ffffff; stroke: #d1d9e0; }
.title { font-size: 16px; font-weight: 600; }
.panel, .label { font-weight: 600; }
.muted, .label .muted { fill: #59636e; font-size: 12px; font-weight: 400; }
.grid { stroke: #e6eaef; }
.line { fill: none; stroke-width: 2.5; stroke-linejoin: round; stroke-linecap: round; }
.line.clone { stroke: #bc4c00; } .dot.clone, .label.clone { fill: #bc4c00; }
.line.sparse { stroke: #8250df; } .dot.sparse, .label.sparse { fill: #8250df; }
.line.glue { stroke: #bc4c00; } .dot.glue, .label.glue { fill: #bc4c00; }
.line.bare { stroke: #8250df; } .dot.bare, .label.bare { fill: #8250df; }
.line.tagboat { stroke: #0969da; } .dot.tagboat, .label.tagboat { fill: #0969da; }
.line.api { stroke: #1a7f37; } .dot.api, .label.api { fill: #1a7f37; }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc; }
  .card { fill: #0d1117; stroke: #3d444d; }
  .muted, .label .muted { fill: #9198a1; }
  .grid { stroke: #262c36; }
  .line.clone { stroke: #f0883e; } .dot.clone, .label.clone { fill: #f0883e; }
  .line.sparse { stroke: #bc8cff; } .dot.sparse, .label.sparse { fill: #bc8cff; }
  .line.glue { stroke: #f0883e; } .dot.glue, .label.glue { fill: #f0883e; }
  .line.bare { stroke: #bc8cff; } .dot.bare, .label.bare { fill: #bc8cff; }
  .line.tagboat { stroke: #58a6ff; } .dot.tagboat, .label.tagboat { fill: #58a6ff; }
  .line.api { stroke: #3fb950; } .dot.api, .label.api { fill: #3fb950; }
}`;
