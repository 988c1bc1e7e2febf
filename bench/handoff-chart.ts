import { style, text } from './chart.ts';
import { type HandoffResults, handoffFlows, handoffTitles, handoffWhats, wholes } from './handoff-report.ts';
import { median } from './statistics.ts';

const parts = ['images', 'commit', 'live'] as const;
const names: Readonly<Record<(typeof parts)[number], string>> = {
  images: 'images in the registry',
  commit: 'config commit on its branch',
  live: 'pods run it',
};
const size = { width: 820, left: 220, right: 70, top: 72, bar: 20, gap: 6, group: 34 };

/** Bars of the whole hand-off with the longest round trip that was measured, which is what users have. */
export function handoffChart({ cells }: HandoffResults): string {
  const roundTripMs = Math.max(...cells.map((cell) => cell.roundTripMs));
  const shown = cells.filter((cell) => cell.roundTripMs === roundTripMs);
  const bars = shown.flatMap(({ step, flows }, group) =>
    handoffFlows.flatMap((flow, at) => {
      const runs = flows[flow];
      return runs === undefined ? [] : [{ step, flow, group, at, runs, whole: median(wholes(runs)) }];
    }),
  );
  const longest = Math.max(...bars.map(({ whole }) => whole));
  const scale = (size.width - size.left - size.right) / longest;
  const groupHeight = size.group + handoffFlows.length * (size.bar + size.gap);
  const height = size.top + shown.length * groupHeight + 12;
  const title = `Seconds from a commit of the app repo until its pods run it, ${roundTripMs} ms round trip`;
  const drawn = bars.map(({ flow, group, at, runs, whole }) => {
    const y = size.top + group * groupHeight + size.group + at * (size.bar + size.gap);
    let x = size.left;
    const rects = parts.map((part) => {
      const width = median(runs[part]) * scale;
      const rect = `<rect class="${part}" x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${size.bar}"/>`;
      x += width;
      return rect;
    });
    const label = flow.startsWith('tagboat') ? 'panel' : '';
    return `<text class="${label}" text-anchor="end" x="${size.left - 10}" y="${y + 15}">${text(handoffTitles[flow])}</text>
${rects.join('\n')}
<text class="${label}" x="${(x + 8).toFixed(1)}" y="${y + 15}">${whole.toFixed(1)} s</text>`;
  });
  const heads = shown.map(
    ({ step }, group) =>
      `<text class="panel" x="20" y="${size.top + group * groupHeight + 24}">${text(handoffWhats[step])}</text>`,
  );
  const legend = parts.map(
    (part, at) =>
      `<rect class="${part}" x="${20 + at * 200}" y="46" width="12" height="12"/><text class="muted" x="${38 + at * 200}" y="57">${names[part]}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${height}" width="${size.width}" height="${height}" role="img" aria-label="${text(title)}">
<style>
${style}
.images { fill: #0969da; } .commit { fill: #8250df; } .live { fill: #8c959f; }
@media (prefers-color-scheme: dark) { .images { fill: #58a6ff; } .commit { fill: #bc8cff; } .live { fill: #6e7681; } }
</style>
<rect class="card" x="0.5" y="0.5" width="${size.width - 1}" height="${height - 1}" rx="8"/>
<text class="title" x="20" y="30">${text(title)}</text>
${[...legend, ...heads, ...drawn].join('\n')}
</svg>
`;
}
