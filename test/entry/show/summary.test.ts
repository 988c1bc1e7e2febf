import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { commitPage, runLinks } from '../../../src/entry/show/report/links.ts';
import { escaped } from '../../../src/entry/show/report/markdown.ts';
import { createSummary, summaryLimit, summaryOf } from '../../../src/entry/show/summary.ts';
import type { Event } from '../../../src/events.ts';
import type { Verdict } from '../../../src/plan/deploy.ts';

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

describe('the summary of a run', () => {
  const place = { delivery: 'main', repo: 'https://github.com/acme/config', branch: 'main' };

  it.each([
    ['held', { ...place, is: 'held', by: 'Ada', why: 'x', until: undefined }, '⏸️ held'],
    ['superseded', { ...place, is: 'superseded', by: 'b'.repeat(40), why: 'x' }, '⏭️ superseded'],
  ] as const)('that was %s has no green mark', (_, outcome, mark) => {
    const text = summaryOf(
      [started('s'), { type: 'commit.finished', delivery: 'main', outcome, at }, ended],
      summaryLimit,
    );
    expect(text.split('\n')[0]).toContain(mark);
    expect(text).not.toContain('✅');
  });

  it('links the commits, the application and the run, and nothing that is no page', () => {
    const begun: Event = {
      ...{ type: 'verdict.started', delivery: 'main', application: 'apps/front' },
      server: 'https://argocd.example',
      commit: 'b'.repeat(40),
      at,
    };
    const verdict: Verdict = {
      is: 'healthy',
      delivery: 'main',
      application: 'apps/front',
      commit: 'b'.repeat(40),
      revision: undefined,
      why: '',
      seconds: 1,
    };
    const done: Event = { type: 'verdict.finished', delivery: 'main', application: 'apps/front', verdict, at };
    const links = runLinks({
      GITHUB_SERVER_URL: 'https://github.com',
      GITHUB_REPOSITORY: 'acme/shop',
      GITHUB_RUN_ID: '7',
    });
    const text = summaryOf([started('s'), landed('d'), begun, done, ended], summaryLimit, links);
    expect(text).toContain(`(https://github.com/acme/shop/commit/${'a'.repeat(40)})`);
    expect(text).toContain('(https://github.com/acme/shop/actions/runs/7)');
    expect(text).toContain(`(https://github.com/acme/config/commit/${'b'.repeat(40)})`);
    expect(text).toContain('(https://argocd.example/applications/apps/front)');
    expect(commitPage('https://gitlab.example/a/b.git', 'c')).toBe('https://gitlab.example/a/b/-/commit/c');
    expect([commitPage('git@github.com:a/b', 'c'), commitPage('https://me:secret@h.test/a', 'c')]).toEqual([
      undefined,
      undefined,
    ]);
  });

  it('of a plan shows what would be committed', () => {
    const change = { file: 'v.yaml', path: '.a', before: '1', after: '2' };
    const preview = { ...place, tip: 'c'.repeat(40), changes: [change], diff: '-1\n+2\n' };
    const text = summaryOf(
      [started('s'), { type: 'commit.previewed', delivery: 'main', preview, at }, ended],
      summaryLimit,
    );
    expect(text).toContain('would commit to');
    expect(text).toContain('```diff\n-1\n+2\n```');
  });

  it('keeps a policy of several lines readable', () => {
    const error = {
      code: 'USAGE',
      message: 'Refused.',
      hint: 'Set this policy:\n{\n  "Version": "2012-10-17"\n}',
      exitCode: 2,
    } as const;
    const text = summaryOf([started('s'), { ...ended, exitCode: 2, errors: [error] } as Event], summaryLimit);
    expect(text).toContain('```\n{\n  "Version": "2012-10-17"\n}\n```');
  });
});
