import { expect, it } from 'vitest';
import { chart, type Panel } from '../../bench/chart.ts';

const panel: Panel = {
  title: 'near & <far>',
  lines: [
    {
      name: 'clone',
      title: 'shallow clone',
      points: [
        [1000, 1],
        [10_000, 10],
        [100_000, 100],
      ],
    },
    {
      name: 'tagboat',
      title: 'Tagboat',
      points: [
        [1000, 1],
        [10_000, 1],
        [100_000, 1],
      ],
    },
    { name: 'sparse', title: 'sparse clone', points: [[100_000, 1.01]] },
  ],
};

const polylines = (svg: string) =>
  [...svg.matchAll(/<polyline class="line (\w+)" points="([^"]*)"/g)].map(([, name, points = '']) => ({
    name,
    points: points.split(' ').map((point) => point.split(',').map(Number)),
  }));

it('ten times as much is as far from one as a hundred times is from ten', () => {
  const [clone] = polylines(chart('t', [panel]));
  const [[x1 = 0, y1 = 0] = [], [x2 = 0, y2 = 0] = [], [x3 = 0, y3 = 0] = []] = clone?.points ?? [];
  expect(x2 - x1).toBeGreaterThan(50);
  expect(x3 - x2).toBeCloseTo(x2 - x1, 0);
  expect(y1 - y2).toBeGreaterThan(50);
  expect(y2 - y3).toBeCloseTo(y1 - y2, 0);
});

it('all panels share one scale, so that equal heights are equal times', () => {
  const slow: Panel = {
    title: 'slow',
    lines: [
      {
        name: 'clone',
        title: 'clone',
        points: [
          [1000, 1],
          [100_000, 500],
        ],
      },
    ],
  };
  const [first] = polylines(chart('t', [panel, slow]));
  const second = polylines(chart('t', [panel, slow])).at(-1);
  expect(second?.points[0]).toEqual(first?.points[0]);
});

it('labels of lines that end together are moved apart', () => {
  const heights = [...chart('t', [panel]).matchAll(/<text class="label[^>]* y="([\d.]+)"/g)].map(([, y]) => Number(y));
  expect(heights).toHaveLength(3);
  const sorted = heights.toSorted((a, b) => a - b);
  for (let index = 1; index < sorted.length; index += 1) {
    expect((sorted[index] ?? 0) - (sorted[index - 1] ?? 0)).toBeGreaterThanOrEqual(32);
  }
});

it('text is escaped, and nothing is left unmeasured or undefined in the drawing', () => {
  const svg = chart('"Time" & <files>', [panel]);
  expect(svg).toContain('near &amp; &lt;far>');
  expect(svg).toContain('aria-label="&quot;Time&quot; &amp; &lt;files>"');
  expect(svg).not.toMatch(/NaN|undefined|Infinity/);
});

it('there are colours for a light and for a dark page, on a ground of its own', () => {
  const svg = chart('t', [panel]);
  expect(svg).toContain('prefers-color-scheme: dark');
  expect(svg).toContain('class="card"');
});
