import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { commitScript } from '../../bench/handoff.ts';
import { handoffChart } from '../../bench/handoff-chart.ts';
import {
  type HandoffPhases,
  type HandoffResults,
  handoffReaches,
  handoffSection,
  handoffSteps,
} from '../../bench/handoff-report.ts';
import { bareEnv, run } from '../../bench/process.ts';
import { bakeFile } from '../../bench/three-images.ts';
import { values } from '../support/cluster/chart.ts';
import { gitHost } from '../support/git-host.ts';

const around = { date: '2026-01-02', machine: '2 × Processor', programs: ['Node.js 20'], commit: 'abc123' };
const took = (images: number, commit: number, live: number): HandoffPhases => ({
  ...{ images: [images, images], commit: [commit, commit], live: [live, live] },
});
const results: HandoffResults = {
  ...{ around, files: 1_000 },
  cells: [0, 50].flatMap((roundTripMs) =>
    handoffSteps.map((step) => ({
      ...{ roundTripMs, step },
      flows: {
        docker: took(8, 1, 3),
        // Built already, it is the faster one.
        bake: step === 'unchanged' ? took(1, 1, 1) : took(5, 1, 3),
        'tagboat-docker': took(4, 0.5, 1.5),
        'tagboat-buildx': took(3, 0.5, 2.5),
        'tagboat-assemble': took(2, 0.5, 1.5),
      },
    })),
  ),
};

it('the table has the whole and its parts, and a ratio with the same builder and one without any', () => {
  const section = handoffSection(results, 'picture.svg');
  expect(section).toContain('12.0 s (8.0 + 1.0 + 3.0)');
  expect(section).toContain(' 2×, 3× |');
  expect(section).toContain('1.50×, 2.25×');
  expect(section).not.toMatch(/NaN|undefined/);
});

it('it is said in words where a rival was faster, and where none was', () => {
  expect(handoffSection(results, 'x.svg')).toContain(
    '- bake, clone, argocd beats tagboat ship, buildx: nothing changed, a new tag, 0 ms; nothing',
  );
  const without = { ...results, cells: results.cells.filter(({ step }) => step !== 'unchanged') };
  expect(handoffSection(without, 'x.svg')).toContain('No rival was faster');
});

it('a way that could not be measured is a dash and no reach', () => {
  const cells = results.cells.map(({ flows: { docker, 'tagboat-docker': ours }, ...cell }) => ({
    ...cell,
    flows: { ...(docker && { docker }), ...(ours && { 'tagboat-docker': ours }) },
  }));
  expect(handoffSection({ ...results, cells }, 'x.svg')).toContain('2×, –');
  expect(handoffReaches({ ...results, cells }).filter(({ figure }) => !Number.isNaN(figure))).toHaveLength(6);
  expect(handoffChart({ ...results, cells })).not.toMatch(/NaN|undefined|Infinity/);
});

it('the picture has a bar of three parts for each way, of the longest round trip alone', () => {
  const svg = handoffChart(results);
  expect(svg.match(/<rect class="live"/g)).toHaveLength(3 * 5 + 1);
  expect(svg).toContain('50 ms round trip');
  expect(svg).toContain('prefers-color-scheme: dark');
});

it("the rivals' commit changes the one value, and tells its id", async () => {
  const host = await gitHost();
  const repo = await host.createRepo('config', { files: { 'main/values.yaml': values({ tag: 'old' }) } });
  const dir = mkdtempSync(join(tmpdir(), 'tagboat-bench-test-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const script = commitScript(repo, join(dir, 'clone'), 'new');
  const { stdout } = await run({ argv: ['sh', '-c', script], env: bareEnv(dir) });
  expect(await host.git('config', 'rev-parse', 'main')).toBe(stdout);
  expect(await host.git('config', 'show', 'main:main/values.yaml')).toBe(values({ tag: 'new' }));
});

it('bake is given the same three images under the tag of the run', () => {
  const { group, target } = JSON.parse(bakeFile('registry.test:5000'));
  expect(group.default.targets).toEqual(Object.keys(target));
  // biome-ignore lint/suspicious/noTemplateCurlyInString: bake's own variable
  expect(target.web).toMatchObject({ context: '.', tags: ['registry.test:5000/web-repo:${TAG}'] });
});
