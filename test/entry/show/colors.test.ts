import { describe, expect, it } from 'vitest';
import { colorsFor } from '../../../src/entry/show/colors.ts';

describe('colours', () => {
  it.each<[string, Record<string, string>, boolean, boolean, boolean]>([
    ['on a terminal', {}, true, true, true],
    ['not in a pipe', {}, false, true, false],
    ['not with --no-color, whatever is forced', { FORCE_COLOR: '1' }, true, false, false],
    ['not with NO_COLOR', { NO_COLOR: '1' }, true, true, false],
    ['with an empty NO_COLOR, which says nothing (no-color.org)', { NO_COLOR: '' }, true, true, true],
    ['with FORCE_COLOR in a pipe', { FORCE_COLOR: '1' }, false, true, true],
    ['not with FORCE_COLOR=0', { FORCE_COLOR: '0' }, true, true, false],
    ['not on a dumb terminal', { TERM: 'dumb' }, true, true, false],
    ["in GitHub's log", { GITHUB_ACTIONS: 'true' }, false, true, true],
  ])('%s', (_, env, isTerminal, asked, expected) => {
    expect(colorsFor(env, isTerminal, asked).isColorSupported).toBe(expected);
  });
});
