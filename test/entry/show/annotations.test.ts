import { describe, expect, it } from 'vitest';
import { command, createAnnotations, maskCommand } from '../../../src/entry/show/annotations.ts';
import type { Event } from '../../../src/events.ts';

function written(event: Event): string {
  let text = '';
  const sink = createAnnotations((more) => {
    text += more;
  });
  sink.tell(event);
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
    expect(written({ type: 'notice', level: 'warning', stage: 'build', message: 'slow', at })).toBe(
      '::warning::slow\n',
    );
    expect(written({ type: 'notice', level: 'info', stage: 'build', message: 'fine', at })).toBe('');
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
