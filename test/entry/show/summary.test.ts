import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createSummary, escaped, summaryLimit, summaryOf } from '../../../src/entry/show/summary.ts';
import type { Event } from '../../../src/events.ts';

const at = '2026-01-01T00:00:00.000Z';
const started = (subject: string): Event => ({
  type: 'run.started',
  command: 'ship',
  version: '1.0.0',
  source: { commit: 'a'.repeat(40), branch: 'main', subject },
  at,
});
const landed = (diff: string): Event => ({
  type: 'commit.finished',
  delivery: 'production',
  outcome: {
    is: 'landed',
    delivery: 'production',
    repo: 'https://github.com/acme/config',
    branch: 'main',
    commit: 'b'.repeat(40),
    parent: 'c'.repeat(40),
    changes: [{ file: 'main/values.yaml', path: '.front.imageTag', before: 'a|b', after: '`x`' }],
    diff,
    attempts: 1,
  },
  at,
});
const ended: Event = { type: 'result', command: 'ship', exitCode: 0, seconds: 1.25, errors: [], value: null, at };

describe('the job summary', () => {
  it('tells the source, the images, the config commit and its diff', () => {
    const image: Event = {
      type: 'image.finished',
      image: 'app',
      outcome: {
        is: 'built',
        name: 'app',
        reference: 'registry.example/app:1',
        digest: `sha256:${'d'.repeat(64)}`,
        engine: 'assemble',
        why: 'no RUN',
        seconds: 0.4,
      },
      at,
    };
    const text = summaryOf([started('Greet'), image, landed('-a\n+b\n'), ended], summaryLimit);
    expect(text).toContain('Tagboat ship in 1.3 s ✅');
    expect(text).toContain('| app | built (assemble) |');
    expect(text).toContain('landed <code>bbbbbbb</code>');
    expect(text).toContain('```diff\n-a\n+b\n```');
  });

  it('tells what became of the applications, with the reason as a tree', () => {
    const pod = {
      subject: 'Pod front-1',
      status: 'ImagePullBackOff',
      message: '``` <b>',
      events: [],
      log: ['boom'],
      parts: [],
    };
    const verdict: Event = {
      type: 'verdict.finished',
      delivery: 'production',
      application: 'front',
      verdict: {
        ...{
          is: 'degraded',
          delivery: 'production',
          application: 'front',
          commit: 'b'.repeat(40),
          revision: undefined,
        },
        ...{
          why: 'deadline',
          seconds: 61,
          reasons: [{ ...pod, subject: 'Deployment front', status: 'Degraded', parts: [pod] }],
        },
      },
      at,
    };
    const text = summaryOf([started('Greet'), verdict, ended], summaryLimit);
    expect(text).toContain('❌ **front**: degraded with <code>bbbbbbb</code> after 1 min 1 s');
    expect(text).toContain('````\n└─ Deployment front');
    expect(text).toContain('└─ Pod front-1  ImagePullBackOff: ``` <b>');
  });

  it('shows a commit subject as text, whatever it tries', () => {
    const evil = 'x</code></td><img src=x onerror=y> [a](javascript:1) | b `c` @octocat ::error::no\n# Title';
    const text = summaryOf([started(evil), ended], summaryLimit);
    const line = text.split('\n').find((one) => one.includes('aaaaaaa')) ?? '';
    const after = line.slice(line.indexOf('</code>') + '</code>'.length);
    expect(after).not.toMatch(/[<>|`@[\]:]/);
    expect(text.split('\n').filter((one) => one.startsWith('#'))).toHaveLength(1);
  });

  it('lets no text reach Markdown, HTML or the next line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (text) => {
        expect(escaped(text).replace(/&#\d+;/g, '')).not.toMatch(/[!-/:-@[-`{-~\n]/);
      }),
    );
  });

  it('keeps a diff inside its fence, whatever fences it holds', () => {
    const text = summaryOf([started('s'), landed('```\n````\n# out\n'), ended], summaryLimit);
    expect(text).toContain('`````diff\n```\n````\n# out\n`````');
  });

  it('never passes the limit, and says where it was cut', () => {
    fc.assert(
      fc.property(fc.nat(20_000), fc.nat(30), (limit, commits) => {
        const events = [
          started('é'.repeat(100)),
          ...Array.from({ length: commits }, () => landed('ü'.repeat(500))),
          ended,
        ];
        const text = summaryOf(events, limit);
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(limit);
        if (limit > 1_000 && text !== summaryOf(events, summaryLimit)) expect(text).toContain('cut here');
      }),
    );
  });

  it('is written after what other steps put in the file, within what they left of the limit', () => {
    const dir = mkdtempSync(join(tmpdir(), 'tagboat-summary-'));
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
    const file = join(dir, 'summary');
    writeFileSync(file, 'x'.repeat(summaryLimit - 400));
    const sink = createSummary(file);
    for (const event of [started('s'), ...Array.from({ length: 20 }, () => landed('d')), ended]) sink.tell(event);
    const text = readFileSync(file, 'utf8');
    expect(text).toContain('Tagboat ship');
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(summaryLimit);
  });
});
