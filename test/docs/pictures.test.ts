import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { summaryPicture } from '../../scripts/summary-picture.mjs';
import { verdictError } from '../../src/deploy/verdict/verdict-error.ts';
import { ship } from '../../src/entry/commands/ship.ts';
import { summaryLimit, summaryOf } from '../../src/entry/show/summary.ts';
import type { ErrorReport } from '../../src/errors.ts';
import type { Event } from '../../src/events.ts';
import { harbour } from '../support/argocd.ts';
import { git, noHttpBackend, tempDir } from '../support/git-host.ts';
import { here } from '../support/here.ts';
import { startOwnRegistry } from '../support/registries.ts';

const folder = resolve(import.meta.dirname, '../../docs/pictures');
const realClock = {
  now: Date.now,
  sleep: async (ms: number, signal?: AbortSignal) => sleep(ms, undefined, signal && { signal }),
};
const links = { repo: 'https://github.com/acme/shop', run: 'https://github.com/acme/shop/actions/runs/17' };

/** The events of a new app's first run, with the names of other hosts and without its own ids and times. */
async function firstRun(): Promise<Event[]> {
  const registry = await startOwnRegistry({});
  const { argocd, host, repo } = await harbour({ tokens: { reader: { get: true } } });
  const values = `front:\n  image: ${registry.host}/shop\n  imageTag: none-yet\n`;
  await host.commit('config', { files: { 'main/values.yaml': values } });
  const app = await tempDir();
  await mkdir(join(app, 'src'));
  await writeFile(join(app, 'src/hello'), 'hello\n');
  await writeFile(join(app, 'Dockerfile'), 'FROM scratch\nCOPY src/hello /hello\nCMD ["/hello"]\n');
  await writeFile(
    join(app, 'tagboat.yaml'),
    `registry: { host: "${registry.host}", insecure: true }
images: { shop: { platforms: [linux/amd64] } }
argocd: { server: "${argocd.url}" }
deliveries:
  main: { from: main, repo: "${repo}", set: { main/values.yaml: { .front.imageTag: "{tag}" } }, application: front }
`,
  );
  await git(app, 'init', '--quiet', '--initial-branch=main');
  await git(app, 'add', '--all');
  await git(app, '-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', 'commit', '--quiet', '-m', 'Open the shop');
  const commit = (await git(app, 'rev-parse', 'HEAD')).trim();
  const shipped = ship({ json: true, quiet: false, color: false, jobs: 1, app });
  const env = { ARGOCD_AUTH_TOKEN: 'reader' };
  const { events, exitCode } = await here(shipped, { env, world: () => ({ clock: realClock }) });
  expect(exitCode).toBe(0);
  const about = { commit, branch: 'main', subject: 'Open the shop' };
  const ids = events.flatMap((event) => {
    if (event.type === 'image.finished' && event.outcome.is === 'built') return [event.outcome.digest.slice(7)];
    return event.type === 'commit.finished' && event.outcome.is === 'landed' ? [event.outcome.commit] : [];
  });
  const told = [commit, ...ids].reduce(
    (text, id, at) => text.replaceAll(id, createHash('sha256').update(`${at}`).digest('hex').slice(0, id.length)),
    JSON.stringify([{ type: 'run.started', command: 'ship', version: '1.0.0', source: about }, ...events]),
  );
  const named = told
    .replaceAll(registry.host, 'ghcr.io/acme')
    .replaceAll(argocd.url, 'https://argocd.acme.dev')
    .replaceAll(repo, 'https://github.com/acme/config.git');
  return JSON.parse(named.replace(/"seconds":[\d.]+/g, '"seconds":1.4')) as Event[];
}

/** The same with the end that a real run had whose container ended at once. */
function failed(events: readonly Event[]): Event[] {
  return events.map((event) => {
    if (event.type !== 'verdict.finished') return event;
    const why = 'Deployment "front" exceeded its progress deadline';
    const pod = {
      ...{ subject: 'Pod front-6d4cf56db6-x2x4z (front)', status: 'CrashLoopBackOff', parts: [] },
      message: 'back-off 10s restarting failed container=front',
      events: ['Warning BackOff (3 times): Back-off restarting failed container front'],
      log: ['shop: listening on :8080', 'shop: no database at postgres:5432, giving up'],
    };
    const reasons = [
      { subject: 'Deployment front', status: 'Degraded', message: why, events: [], log: [], parts: [pod] },
    ];
    return { ...event, verdict: { ...event.verdict, is: 'degraded', why, reasons } } as Event;
  });
}

const at = '2026-01-01T00:00:00.000Z';
const ended = (exitCode: number, errors: readonly ErrorReport[]): Event => ({
  ...{ type: 'result', command: 'ship', exitCode, seconds: 5.2, errors: [...errors], value: null, at },
});

it.skipIf(noHttpBackend !== undefined)('the pictures of the job summary are of what a run writes today', async () => {
  const good = await firstRun();
  const bad = failed(good);
  const verdict = bad.find((event) => event.type === 'verdict.finished')?.verdict;
  if (verdict === undefined) throw new Error('the run has no verdict');
  const errors = verdictError(verdict);
  for (const [name, events] of [
    ['summary-healthy.svg', [...good, ended(0, [])]],
    ['summary-failed.svg', [...bad, ended(7, errors)]],
  ] as const) {
    expect(existsSync(join(folder, name))).toBe(true);
    const drawn = summaryPicture(summaryOf(events, summaryLimit, links));
    await expect(drawn).toMatchFileSnapshot(join(folder, name));
  }
});

it('pictures hold no script and nothing from elsewhere, and are small; what moves stands still on request', () => {
  const names = readdirSync(folder);
  expect(names.length).toBeGreaterThan(4);
  for (const name of names) {
    const text = readFileSync(join(folder, name), 'utf8');
    expect(text.length).toBeLessThan(150_000);
    expect(text).not.toMatch(/<script|<foreignObject|href=|url\(|@import/);
    if (text.includes('@keyframes')) expect(text).toMatch(/prefers-reduced-motion:\s*reduce\)\{text\{animation:none/);
  }
});
