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

describe('the terminal', () => {
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
    tell({ type: 'notice', level: 'info', stage: 'build', message: 'fine' });
    tell({ type: 'notice', level: 'warning', stage: 'build', message: 'careful' });
    tell(failed([]));
    expect(text()).toBe('! careful\n');
  });
});
