import { describe, expect, it } from 'vitest';
import { commitNamed, type NamedCommit } from '../../../src/commit/order/commit-named.ts';
import { sourceOf, trailersOf } from '../../../src/commit/order/trailers.ts';

const ours = `${'0123456789abcdef'.repeat(2)}01234567`;
const theirs = 'fedcba98'.repeat(5);
const whole: NamedCommit = { is: 'commit', id: theirs };
const short = (text: string): NamedCommit => ({ is: 'short', text });
const none: NamedCommit = { is: 'none' };

describe('the commit that a value names', () => {
  it.each<[title: string, value: string, found: string, NamedCommit | undefined]>([
    ['a bare tag', ours, theirs, whole],
    ['the same commit', ours, ours, { is: 'commit', id: ours }],
    ['a whole reference', `ghcr.io/acme/app:${ours}`, `ghcr.io/acme/app:${theirs}`, whole],
    ['a reference whose registry has changed', `ghcr.io/acme/app:${ours}`, `docker.io/app:${theirs}`, whole],
    [
      'a reference with a digest',
      `app:${ours}@sha256:${'a'.repeat(64)}`,
      `app:${theirs}@sha256:${'b'.repeat(64)}`,
      whole,
    ],
    ['a tag with its branch', `main-${ours}`, `release-1-${theirs}`, whole],
    ['a short tag', ours.slice(0, 12), theirs.slice(0, 12), short(theirs.slice(0, 12))],
    ['a short one over a whole one', ours.slice(0, 12), theirs, whole],
    ['a whole one over a short one', ours, theirs.slice(0, 12), short(theirs.slice(0, 12))],
    ['a SHA-256 commit', 'a1'.repeat(32), 'b2'.repeat(32), { is: 'commit', id: 'b2'.repeat(32) }],
    ['over a word', ours, 'latest', none],
    ['over a version', ours, 'v1.2.3', none],
    ['over nothing', ours, '', none],
    ['over a digest alone', `app:${ours}`, `app@sha256:${'b'.repeat(64)}`, none],
    ['over two commits', `x ${ours}`, `${theirs} and ${'1'.repeat(40)}`, none],
    ['over an id of some other length', `app:${ours.slice(0, 12)}`, `web:${theirs.slice(0, 10)}`, none],
    [
      'another tag with the same ends',
      `app:${ours.slice(0, 12)}-prod`,
      `app:${theirs.slice(0, 10)}-prod`,
      short(theirs.slice(0, 10)),
    ],
    [
      'a short one of another image',
      `app:${ours.slice(0, 12)}`,
      `web:${theirs.slice(0, 12)}`,
      short(theirs.slice(0, 12)),
    ],
    ['a whole one of another image over a short one', `app:${ours.slice(0, 12)}`, `web:${theirs}`, whole],
    ['over what only begins as it does', `${ours}-prod`, `${theirs}xprod`, none],
    ['a value that names no commit', 'v2', theirs, undefined],
    ["a value that names somebody else's", `app:${'9'.repeat(40)}`, theirs, undefined],
    ['a value whose commit is in the middle of a word', `x${ours}`, theirs, undefined],
    ['a digest that begins as our commit does', `app@sha256:${ours}${'0'.repeat(24)}`, theirs, undefined],
  ])('is found in %s', (_, value, found, expected) => {
    const commit = value.includes('a1a1') ? 'a1'.repeat(32) : ours;
    expect(commitNamed(value, commit, found)).toEqual(expected);
  });
});

describe('the trailers of a message', () => {
  const message = (...lines: string[]) => `Set a\n\nTagboat-Source: ${theirs}\n\n${lines.join('\n')}\n`;

  it('are those of its last paragraph', () => {
    expect(trailersOf(message('A: 1', 'B-c: 2: 3'))).toEqual([
      { key: 'A', value: '1' },
      { key: 'B-c', value: '2: 3' },
    ]);
    expect(trailersOf('A: 1')).toEqual([]);
  });

  it.each<[string, string[], { commit: string; url: string | undefined } | undefined]>([
    [
      'with its repo',
      [`Tagboat-Source: https://git.example/a@b/app@${theirs}`],
      { commit: theirs, url: 'https://git.example/a@b/app' },
    ],
    ['without', [`Tagboat-Source: ${theirs}`], { commit: theirs, url: undefined }],
    ["by Argo CD's", [`Argocd-reference-commit-sha: ${theirs}`], { commit: theirs, url: undefined }],
    ['that is no id', ['Tagboat-Source: https://git.example/app@main'], undefined],
    ['that is told elsewhere', ['Tagboat-App: x'], undefined],
  ])('name the source %s', (_, lines, expected) => {
    expect(sourceOf(message(...lines))).toEqual(expected);
  });
});
