import { PassThrough } from 'node:stream';
import picocolors from 'picocolors';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openLiveBlock } from '../../../src/entry/show/live-block.ts';
import { createTerminal } from '../../../src/entry/show/terminal.ts';
import type { ErrorReport } from '../../../src/errors.ts';
import type { Event, Happening } from '../../../src/events.ts';

const at = '2026-01-01T00:00:00.000Z';

/** A terminal of the given width, what was written to it, and what a person sees of that. */
function terminal(options: { live?: boolean; quiet?: boolean; columns?: number } = {}) {
  const stream = Object.assign(new PassThrough(), { columns: options.columns ?? 80, rows: 24, isTTY: true });
  let text = '';
  stream.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const colors = picocolors.createColors(false);
  const live = options.live ? openLiveBlock({ stream, colors, now: () => 0 }) : undefined;
  const shown = createTerminal({ stream, colors, live, quiet: options.quiet ?? false });
  onTestFinished(() => shown.close());
  return {
    ...shown,
    tell: (happening: Happening) => shown.tell({ ...happening, at } as Event),
    text: () => text,
  };
}

const started: Happening = {
  type: 'run.started',
  command: 'ship',
  version: '1',
  source: { commit: 'abcdef0123456789', branch: 'main', subject: 'Greet\u001b]0;owned\u0007 the \u202evisitor' },
};
const error: ErrorReport = {
  code: 'CONFIG_PATH_MISSING',
  message: 'values.yaml has no .front.tag.',
  hint: 'Did you mean .front.imageTag?',
  exitCode: 6,
  place: { file: 'values.yaml', line: 2, column: 3, text: '  imageTag: x' },
  peer: { code: '403', text: 'denied by\nbranch protection\n' },
};
const failed = (errors: ErrorReport[]): Happening => ({
  type: 'result',
  command: 'ship',
  exitCode: errors[0]?.exitCode ?? 0,
  seconds: 61.4,
  errors,
  value: null,
});

/** Text by which its author wants to be obeyed: by a terminal, or by a GitHub runner. */
const hostile =
  'a\n  ::add-mask::x\n\u001b[31m::stop-commands::y\u001b[0m\r\n\u00a0::set-output name=a::b\n\u0007\t::warning::w\n##[error]z ##[add-mask]q';

/** A value with every text in it replaced by that one. */
function withHostile(value: unknown): unknown {
  if (typeof value === 'string') return hostile;
  if (Array.isArray(value)) return value.map(withHostile);
  if (value === null || typeof value !== 'object') return value;
  const kept = ['type', 'is', 'level', 'stage', 'engine', 'phase', 'judged'];
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, kept.includes(key) ? one : withHostile(one)]),
  );
}

const place = { delivery: 'main', repo: 'r', branch: 'b' };
const reasons = [{ subject: 's', status: 's', message: 'm', events: ['e'], log: ['l'], parts: [] }];
const judged = { delivery: 'd', application: 'a', commit: 'c', revision: 'r', why: 'w', seconds: 1 };
const changes = [{ file: 'f', path: 'p', before: 'b', after: 'a' }];
const landed = { ...place, is: 'landed', commit: 'c', parent: 'p', changes, diff: 'd', attempts: 2 } as const;
const everything: readonly Happening[] = [
  started,
  { type: 'notice', code: 'SAID', data: {}, level: 'warning', stage: 'run', message: 'm' },
  { type: 'notice', code: 'SAID', data: {}, level: 'info', stage: 'run', message: 'm' },
  { type: 'step.finished', stage: 'auth', subject: 's', message: 'm', seconds: 1 },
  { type: 'image.started', image: 'i', engine: 'buildx', why: 'w' },
  { type: 'image.log', image: 'i', line: 'l' },
  { type: 'image.failed', image: 'i', error, log: ['l'] },
  { type: 'image.finished', image: 'i', outcome: { is: 'skipped', name: 'n', reference: 'r', why: 'w' } },
  {
    type: 'image.finished',
    image: 'i',
    outcome: { is: 'reused', name: 'n', reference: 'r', digest: 'd', why: 'w', seconds: 1 },
  },
  { type: 'commit.beaten', delivery: 'd', attempt: 1, tip: 't', waitMs: 1 },
  { type: 'commit.previewed', delivery: 'd', preview: { ...place, tip: 't', changes, diff: 'd' } },
  { type: 'commit.finished', delivery: 'd', outcome: landed },
  { type: 'commit.finished', delivery: 'd', outcome: { ...place, is: 'unchanged', tip: 't' } },
  { type: 'commit.finished', delivery: 'd', outcome: { ...place, is: 'superseded', by: 'b', why: 'w' } },
  { type: 'commit.finished', delivery: 'd', outcome: { ...place, is: 'held', by: 'b', why: 'w', until: 'u' } },
  { type: 'commit.failed', delivery: 'd', error },
  { type: 'rollback.started', delivery: 'd', commit: 'c', to: 't', why: 'w' },
  { type: 'verdict.started', delivery: 'd', application: 'a', server: 's', commit: 'c' },
  { type: 'verdict.progress', delivery: 'd', application: 'a', phase: 'syncing', why: 'w' },
  { type: 'verdict.finished', delivery: 'd', application: 'a', verdict: { ...judged, is: 'degraded', reasons } },
  {
    type: 'verdict.finished',
    delivery: 'd',
    application: 'a',
    verdict: { ...judged, is: 'superseded', by: 'b', judged: 'healthy', reasons },
  },
  { type: 'verdict.failed', delivery: 'd', error },
  failed([error]),
];

describe('the terminal', () => {
  it.each(
    everything.map((event) => [event.type, event] as const),
  )('says nothing that a terminal or a runner obeys: %s', (_, event) => {
    const { tell, text, say } = terminal();
    tell(withHostile(event) as Happening);
    say(`about ${hostile}`.replace(/[^\n\P{Cc}]/gu, ''));
    for (const line of text().split('\n')) expect(line.trimStart()).not.toMatch(/^::/);
    expect(text()).not.toMatch(/##\[|[^\P{Cc}\n]/u);
  });

  it('shows text from elsewhere without its escape sequences and direction marks', () => {
    const { tell, text } = terminal();
    tell(started);
    expect(text()).toBe('tagboat ship  abcdef0 Greet the visitor on main\n');
  });

  it('shows an error with its place, a caret, the peer’s words and what to do', () => {
    const { tell, text } = terminal();
    tell(started);
    tell(failed([error]));
    expect(text().split('\n').slice(1)).toEqual([
      '  CONFIG_PATH_MISSING values.yaml has no .front.tag.',
      '  values.yaml:2:3',
      '    2 |   imageTag: x',
      '          ^',
      '  The other side said (403):',
      '  │ denied by',
      '  │ branch protection',
      '  → Did you mean .front.imageTag?',
      '    https://github.com/tagboat/tagboat/blob/v1/docs/reference/errors.md#config_path_missing',
      '✗ Failed after 1 min 1 s (exit code 6)',
      '',
    ]);
  });

  it('tells an error once, though the result lists it again', () => {
    const { tell, text } = terminal();
    tell(started);
    tell({ type: 'commit.failed', delivery: 'production', error });
    tell(failed([error]));
    expect(text().match(/CONFIG_PATH_MISSING/g)).toHaveLength(1);
  });

  it('says nothing about the end of a command that only prints its product', () => {
    const { tell, text } = terminal();
    tell(failed([]));
    expect(text()).toBe('');
  });

  it('prints a build’s output line by line where nothing is live, and not again when it fails', () => {
    const { tell, text } = terminal();
    tell({ type: 'image.started', image: 'app', engine: 'buildx', why: 'it has RUN' });
    tell({ type: 'image.log', image: 'app', line: '#1 ##[error]bad\r' });
    tell({ type: 'image.failed', image: 'app', error, log: ['#1 bad'] });
    expect(text().split('\n').slice(0, 3)).toEqual([
      '  app         building with buildx: it has RUN',
      '  app │ #1 # #[error]bad',
      '✗ app         failed',
    ]);
    expect(text()).not.toContain('│ #1 bad');
  });

  it('shows what is going on below what happened, and takes it away again', () => {
    const { tell, text } = terminal({ live: true, columns: 40 });
    tell({ type: 'image.started', image: 'app', engine: 'buildx', why: 'it has RUN' });
    tell({ type: 'image.log', image: 'app', line: '世界'.repeat(40) });
    const drawn = text();
    expect(drawn).toContain('⠋ app         building with buildx 0.0…');
    const error_ = { ...error, code: 'USAGE' as const };
    tell({ type: 'image.failed', image: 'app', error: error_, log: ['#1 last words'] });
    const rest = text().slice(drawn.length);
    expect(rest).toContain('│ #1 last words');
    expect(rest).not.toContain('⠋');
  });

  it('with --quiet tells only what deserves an action', () => {
    const { tell, text } = terminal({ quiet: true, live: true });
    tell(started);
    tell({ type: 'notice', code: 'SAID', data: {}, level: 'info', stage: 'build', message: 'fine' });
    tell({ type: 'notice', code: 'SAID', data: {}, level: 'warning', stage: 'build', message: 'careful' });
    tell(failed([]));
    expect(text()).toBe('! careful\n');
  });
});

describe('one cause', () => {
  const of = (image: string, peer = 'no basic auth'): ErrorReport => ({
    code: 'REGISTRY_FORBIDDEN',
    message: `The registry doesn't let these credentials push ${image}-repo.`,
    hint: `Let them push ${image}-repo.`,
    exitCode: 3,
    about: [image, `${image}-repo`],
    peer: { text: peer },
  });
  const names = ['app', 'web', 'migration'];
  const hits = (text: string) => text.match(/What to do|→/g)?.length ?? 0;

  it('that hits three images is told in full once, and each of the others names whom it hit before', () => {
    const { tell, text } = terminal();
    for (const image of names) tell({ type: 'image.failed', image, error: of(image), log: [`log of ${image}`] });
    tell(failed(names.map((image) => of(image))));
    expect(hits(text())).toBe(1);
    expect(text().match(/failed as app did, by REGISTRY_FORBIDDEN/g)).toHaveLength(2);
    expect(text().match(/log of/g)).toHaveLength(1);
  });

  it('that no event told of is told once with all that it hit, and another one apart', () => {
    const { tell, text } = terminal();
    tell(started);
    tell(failed([...names.map((image) => of(image)), of('web', 'quota')]));
    expect(hits(text())).toBe(2);
    expect(text()).toContain('app, web, migration: ');
  });
});
