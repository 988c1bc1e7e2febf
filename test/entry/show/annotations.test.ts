import { describe, expect, it } from 'vitest';
import { command, createAnnotations, maskCommand } from '../../../src/entry/show/annotations.ts';
import { summaryLimit, summaryOf } from '../../../src/entry/show/summary.ts';
import { type ErrorReport, reportOf, TagboatError } from '../../../src/errors.ts';
import type { Event } from '../../../src/events.ts';

function written(...events: Event[]): string {
  let text = '';
  const sink = createAnnotations((more) => {
    text += more;
  });
  for (const event of events) sink.tell(event);
  return text;
}

const at = '2026-01-01T00:00:00.000Z';

describe('annotations', () => {
  it('put an error at its place in the file', () => {
    const text = written({
      type: 'result',
      command: 'ship',
      exitCode: 2,
      seconds: 0,
      errors: [
        {
          code: 'USAGE',
          message: 'Wrong: 100%',
          hint: 'Do this.',
          exitCode: 2,
          place: { file: 'a,b:c.yaml', line: 3, column: 7 },
        },
      ],
      value: null,
      at,
    });
    expect(text).toBe('::error title=Tagboat USAGE,file=a%2Cb%3Ac.yaml,line=3,col=7::Wrong: 100%25%0ADo this.\n');
  });

  it('tell that a delivery was superseded or held, by what and why', () => {
    const place = { delivery: 'main', repo: 'https://git.example/config', branch: 'main' };
    const outcome = { ...place, is: 'held', by: 'Ada', why: 'orders are lost', until: '2026-02-01T00:00:00Z' } as const;
    expect(written({ type: 'commit.finished', delivery: 'main', outcome, at })).toBe(
      '::notice title=Tagboat main held::By Ada until 2026-02-01T00:00:00Z: orders are lost\n',
    );
  });

  it('mark warnings, and nothing else while the run goes on', () => {
    expect(
      written({ type: 'notice', code: 'SAID', data: {}, level: 'warning', stage: 'build', message: 'slow', at }),
    ).toBe('::warning::slow\n');
    expect(
      written({ type: 'notice', code: 'SAID', data: {}, level: 'info', stage: 'build', message: 'fine', at }),
    ).toBe('');
  });

  it('keep text from elsewhere on the one line of its command', () => {
    const text = command('error', { file: 'x\r\n::set-env name=A::b' }, 'y\n::stop-commands::z\r##[error]q');
    expect(text.split('\n')).toHaveLength(2);
    expect(text).not.toContain('##[');
    expect(text.startsWith('::error file=x%0A%3A%3Aset-env name=A%3A%3Ab::')).toBe(true);
  });

  it('mask a key of several lines in one command', () => {
    expect(maskCommand('a%\nb')).toBe('::add-mask::a%25%0Ab\n');
  });
});

describe('one cause', () => {
  const failed = (image: string, message: string, peer = 'no basic auth'): Event => ({
    type: 'image.failed',
    image,
    error: { code: 'USAGE', message, hint: `Let it push ${image}.`, exitCode: 2, peer: { text: peer } },
    log: [],
    at,
  });
  const failures = ['app', 'web', 'migration'].map((image) => failed(image, `The registry refused ${image}.`));
  const result = (events: readonly Event[]): Event => ({
    type: 'result',
    command: 'ship',
    exitCode: 5,
    seconds: 1,
    errors: events.flatMap((event) => ('error' in event ? [event.error] : [])),
    value: null,
    at,
  });

  it('that hits three images is one annotation and one entry of the summary, which name all three', () => {
    const events = [...failures, result(failures)];
    const text = written(...events);
    expect(text.match(/^::error /gm)).toHaveLength(1);
    expect(text).toContain('::app, web, migration: The registry refused app.');
    const summary = summaryOf(events, summaryLimit);
    expect(summary.match(/no basic auth/g)).toHaveLength(1);
    expect(summary).toContain('app&#44; web&#44; migration&#58;');
  });

  it('that hits three repositories before anything is built is one too, and names the images', () => {
    const errors = ['app', 'web', 'migration'].map((image) => {
      const place = { host: 'registry.example', repository: `${image}-repo`, doing: 'push' } as const;
      const peer = { text: `denied: ${image}-repo` };
      return reportOf(new TagboatError('REGISTRY_FORBIDDEN', place, { peer }), image);
    });
    const text = written({ ...result([]), errors } as Event);
    expect(text.match(/^::error /gm)).toHaveLength(1);
    expect(text).toContain('::app, web, migration: ');
    const other = { ...errors[1], peer: { text: 'quota' } } as ErrorReport;
    expect(written({ ...result([]), errors: [errors[0], other] } as Event).match(/^::error /gm)).toHaveLength(2);
  });

  it('stays apart from another one, however alike their messages are', () => {
    const other = failed('web', 'The registry refused web.', 'quota');
    const two = [failed('app', 'The registry refused app.'), other];
    expect(written(...two, result(two)).match(/^::error /gm)).toHaveLength(2);
  });

  it('is marked in a file of the app repo, and in none of the config repo', () => {
    const error = {
      code: 'USAGE',
      message: 'm',
      hint: 'h',
      exitCode: 2,
      place: { file: 'tagboat.yaml', line: 2 },
    } as const;
    const ended = (list: readonly ErrorReport[]): Event => ({ ...result([]), errors: list }) as Event;
    expect(written(ended([error]))).toContain('file=tagboat.yaml,line=2');
    const broken: Event = { type: 'commit.failed', delivery: 'main', error, at };
    expect(written(broken, ended([error]))).not.toContain('file=');
    let text = '';
    createAnnotations(
      (more) => {
        text += more;
      },
      (file) => file !== '--set',
    ).tell(ended([{ ...error, place: { file: '--set' } }]));
    expect(text).not.toContain('file=');
  });
});
