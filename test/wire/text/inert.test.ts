import { describe, expect, it } from 'vitest';
import { codeSpan, inert, inertMarkdown } from '../../../src/wire/text/inert.ts';

describe('text of others', () => {
  it.each([
    'closes #1',
    'fixes acme/app#12',
    'resolves GH-3',
    'closes https://github.com/acme/app/issues/1',
    'by @ada and @acme/platform',
    'see !4, &5, ~bug, %v1 and $6',
    '/merge',
    '  /close',
    'Draft: not yet',
    '[WIP] not yet',
  ])('means nothing to a host: %s', (text) => {
    const made = inert(text);
    expect(made.replaceAll('\u2060', '')).toBe(text);
    expect(made).not.toMatch(/[@#!&~%$]\w|GH-\d|:\/\/|^\s*\/|^\W*(?:draft|wip)(?<!\u2060.*)/i);
    expect(made).toContain('\u2060');
  });

  it('is no Markdown and no HTML either', () => {
    expect(inertMarkdown('a <b> *c* [d](e) `f`\n\n# g | h')).toBe('a \\<b\\> \\*c\\* \\[d\\](e) \\`f\\` # g \\| h');
  });

  it.each([
    ['a', '`a`'],
    ['a`b', '``a`b``'],
    ['`', '`` ` ``'],
    ['a\nb', '`a b`'],
    ['', '`  `'],
  ])('stands in code as it is: %j', (text, span) => {
    expect(codeSpan(text)).toBe(span);
  });
});
