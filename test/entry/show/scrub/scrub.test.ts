import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createScrubber } from '../../../../src/entry/show/scrub/scrub.ts';
import { Secret } from '../../../../src/wire/secret.ts';

const secret = fc.string({ minLength: 8, maxLength: 60, unit: 'binary' }).filter((text) => text.trim().length >= 8);
const around = fc.string({ maxLength: 30, unit: 'binary' });

describe('the scrubber', () => {
  it('leaves no registered secret in any text, however many there are and however they overlap', () => {
    fc.assert(
      fc.property(fc.array(secret, { minLength: 1, maxLength: 4 }), around, around, (secrets, before, after) => {
        const scrubber = createScrubber();
        for (const one of secrets) scrubber.add(one);
        const clean = scrubber.text(before + secrets.join(after) + secrets.join('') + after);
        for (const one of secrets) expect(clean).not.toContain(one);
      }),
    );
  });

  it('finds a secret inside percent-encoding, form-encoding and JSON', () => {
    fc.assert(
      fc.property(secret, around, (one, before) => {
        const whole = one.trim();
        const scrubber = createScrubber();
        scrubber.add(one);
        const form = new URLSearchParams({ q: before + one }).toString();
        expect(scrubber.text(encodeURIComponent(before + one))).not.toContain(encodeURIComponent(whole));
        expect(scrubber.text(form)).not.toContain(new URLSearchParams({ '': whole }).toString().slice(1));
        expect(scrubber.text(JSON.stringify({ a: one }))).not.toContain(JSON.stringify(whole).slice(1, -1));
      }),
    );
  });

  it('finds a long secret in base64 and base64url wherever it stands between other bytes', () => {
    const token = fc.string({ minLength: 20, maxLength: 60 });
    fc.assert(
      fc.property(token, around, around, (one, before, after) => {
        const whole = one.trim();
        fc.pre(whole.length >= 20);
        const scrubber = createScrubber();
        scrubber.add(one);
        for (const encoding of ['base64', 'base64url'] as const) {
          const encoded = Buffer.from(before + whole + after).toString(encoding);
          // What is left may decode to a few bytes at either end, never to most of the secret.
          for (const part of scrubber.text(encoded).split('***')) {
            for (const shift of [0, 1, 2, 3]) {
              const left = Buffer.from(part.slice(shift), encoding).toString('latin1');
              const bytes = Buffer.from(whole).toString('latin1');
              for (let at = 0; at + 10 <= bytes.length; at++) expect(left).not.toContain(bytes.slice(at, at + 10));
            }
          }
        }
      }),
    );
  });

  const token = 'ghp_R4nd0m&T0ken/"with"+every=thing_0123456789';
  const line = (text: string, width: number) => text.replace(new RegExp(`.{${width}}`, 'g'), '$&\n');
  const hard = (text: string, code: (character: string) => string) => [...text].map(code).join('');
  const hex = (character: string) => character.charCodeAt(0).toString(16).padStart(2, '0');
  const shapes: readonly [string, string][] = [
    ['as it is', token],
    ['with a NUL inside', `${token.slice(0, 9)}\0${token.slice(9)}`],
    ['with a carriage return inside', `${token.slice(0, 9)}\r${token.slice(9)}`],
    [
      'with escape sequences inside',
      `${token.slice(0, 5)}\u001b[31m${token.slice(5, 9)}\u001b]0;x\u0007${token.slice(9)}`,
    ],
    ['with an escape sequence of one character inside', `${token.slice(0, 5)}\u009b0m${token.slice(5)}`],
    ['with invisible characters inside', hard(token, (character) => `${character}\u200b`)],
    ['over two lines', `${token.slice(0, 20)}\n    ${token.slice(20)}`],
    ['in JSON', JSON.stringify({ a: token })],
    ['in JSON in JSON', JSON.stringify(JSON.stringify({ a: token }))],
    ['in JSON in JSON in JSON', JSON.stringify(JSON.stringify(JSON.stringify({ a: token })))],
    ['in escapes of JSON', hard(token, (character) => `\\u00${hex(character)}`)],
    ['in escapes of JavaScript', hard(token, (character) => `\\x${hex(character)}`)],
    ['in percent-encoding', encodeURIComponent(token)],
    ['in percent-encoding of everything', hard(token, (character) => `%${hex(character)}`)],
    ['in percent-encoding of everything, in capitals', hard(token, (character) => `%${hex(character).toUpperCase()}`)],
    ['in percent-encoding of little', token.replaceAll('/', '%2f')],
    ['in percent-encoding twice', encodeURIComponent(encodeURIComponent(token))],
    ['in a form', new URLSearchParams({ q: `a ${token}` }).toString()],
    ['in HTML', token.replaceAll('&', '&amp;').replaceAll('"', '&quot;')],
    ['in HTML by numbers', hard(token, (character) => `&#${character.charCodeAt(0)};`)],
    ['in HTML by hexadecimal numbers', hard(token, (character) => `&#x${hex(character)};`)],
    ['in hex', Buffer.from(token).toString('hex')],
    ['in hex in capitals', Buffer.from(token).toString('hex').toUpperCase()],
    ...['', 'u', 'us'].flatMap((before): [string, string][] => {
      const encoded = Buffer.from(`${before}${token}:more and more`).toString('base64');
      return [
        [`in base64 after ${before.length} bytes`, encoded],
        [
          `in base64 after ${before.length} bytes, in lines of 76`,
          line(Buffer.from(`${before}${token}${token}`).toString('base64'), 76),
        ],
        [`in base64 after ${before.length} bytes, in short lines of CR LF`, line(encoded, 11).replaceAll('\n', '\r\n')],
        [`in base64 for URLs after ${before.length} bytes`, Buffer.from(`${before}${token}`).toString('base64url')],
        [`in base64 after ${before.length} bytes, in JSON`, JSON.stringify({ a: line(encoded, 20) })],
      ];
    }),
    ['cut at the end of two thousand characters', `${'x '.repeat(990)}${token}`.slice(0, 2_000)],
    ['cut, with a word about it', `${'x '.repeat(990)}${token.slice(0, 9)}… (12 characters more)`],
    ['cut at the beginning', `${token.slice(-9)}${' x'.repeat(990)}`],
    ['cut in the middle of a text', `it said ${token.slice(0, 20)}), and so on`],
  ];

  it.each(shapes)('finds a token %s', (_, text) => {
    const scrubber = createScrubber();
    scrubber.add(token);
    const clean = scrubber.text(text);
    expect(clean).toContain('***');
    // What any reader makes of what is left has no more than a few characters of it in a row.
    const squeezed = clean.replaceAll('***', '\n').replace(/\p{Cf}/gu, '');
    const readings = [
      squeezed,
      decodeURIComponent(squeezed.replace(/%(?![0-9a-f]{2})/gi, '%25')),
      ...squeezed
        .split('\n')
        .flatMap((part) => [
          Buffer.from(part, 'hex').toString('latin1'),
          ...[0, 1, 2, 3].map((shift) => Buffer.from(part.slice(shift), 'base64').toString('latin1')),
        ]),
    ];
    for (let at = 0; at + 6 <= token.length; at++) {
      for (const reading of readings) expect(reading).not.toContain(token.slice(at, at + 6));
    }
  });

  it.each([
    6, 8, 13,
  ])('finds the first %i characters of a password, and the last, where a long text was cut', (count) => {
    const password = 'hunter2-Secret';
    const scrubber = createScrubber();
    scrubber.add(password);
    const around = 'x '.repeat(990);
    expect(scrubber.text(`${around}${password.slice(0, count)}`)).toBe(`${around}***`);
    expect(scrubber.text(`${password.slice(-count)} ${around}`)).toBe(`*** ${around}`);
    expect(scrubber.text(`${around}${password.slice(0, count)} and more`)).toContain(password.slice(0, count));
  });

  it('leaves what only looks like a part of a secret, and what stands around one', () => {
    const scrubber = createScrubber();
    scrubber.add(token);
    for (const text of ['ghp_R4 is how they begin', `50% of a\\b &amp; ${'c '.repeat(200)}`, 'a\tb\r\nc'])
      expect(scrubber.text(text)).toBe(text);
    expect(scrubber.text(`first line\nsays ${token}\n  third\tline\r\n`)).toBe(
      'first line\nsays ***\n  third\tline\r\n',
    );
  });

  const scrubbed = (text: string, ...secrets: string[]): string => {
    const scrubber = createScrubber();
    for (const one of secrets) scrubber.add(one);
    return scrubber.text(text);
  };

  it('leaves what stands between, before and after secrets, and no two marks side by side', () => {
    expect(scrubbed('a hunter-22 b hunter-22 c', 'hunter-22')).toBe('a *** b *** c');
    expect(scrubbed('hunter-22hunter-22', 'hunter-22')).toBe('***');
    expect(scrubbed('<abcdefghi>', 'abcdef', 'defghi')).toBe('<***>');
    for (const secrets of [
      ['hunter-22', 'hunter-22-long'],
      ['hunter-22-long', 'hunter-22'],
    ]) {
      expect(scrubbed('hunter-22-long', ...secrets)).toBe('***');
    }
    expect(scrubbed('preQhunter2xypost', 'hunter2xy')).toBe('preQ***post');
  });

  it.each([1, 2, 3, 4])('follows encodings inside encodings: %i', (depth) => {
    const inside = hard(token, (character) => `%${'25'.repeat(depth - 1)}${hex(character)}`);
    expect(scrubbed(`is ${inside} so`, token)).toBe('is *** so');
  });

  it('reads letters beyond ASCII and escapes that need not be, and leaves references that it does not know', () => {
    expect(scrubbed('is p%c3%a4sswort-22 so', 'pässwort-22')).toBe('is *** so');
    expect(scrubbed(String.raw`is hunter\/22\/abc so`, 'hunter/22/abc')).toBe('is *** so');
    expect(scrubbed('is hunter-22%c3%a4 so', 'hunter-22ä')).toBe('is *** so');
    expect(scrubbed('is %c3%a4%c3%b6hunter-22 so', 'öhunter-22')).toBe('is *** so');
    for (const smile of [String.raw`\ud83d\ude00`, String.raw`\u{1f600}`, '&#128512;', '&#x1F600;']) {
      expect(scrubbed(`is hunter-22${smile} so`, 'hunter-22\u{1f600}')).toBe('is *** so');
    }
    expect(scrubbed('&#9999999; hunter-22', 'hunter-22')).toBe('&#9999999; ***');
    expect(scrubbed('&copy; &nosuch; hunter-22', 'hunter-22')).toBe('&copy; &nosuch; ***');
  });

  it('takes the groups at either end of a base64 with it, and nothing beyond', () => {
    const encode = (text: string) => Buffer.from(text).toString('base64');
    expect(scrubbed(`is ${encode(`u${token}x`)} so`, token)).toBe('is *** so');
    const far = scrubbed(encode(`${'u'.repeat(31)}${token}${'x'.repeat(31)}`), token);
    expect(far).toMatch(/^dXV1[\w+/]{20,40}\*{3}[\w+/]{20,40}$/);
  });

  it('finds the beginning and the end of a long secret in the middle of a text', () => {
    const [first, last] = [token.slice(0, 20), token.slice(-20)];
    expect(scrubbed(`said ${first}, and so on`, token)).toBe('said ***, and so on');
    expect(scrubbed(`said ${last}, and so on`, token)).toBe('said ***, and so on');
    const just = 'abcdefghijklmnopqrstuvwx';
    expect(just).toHaveLength(24);
    expect(scrubbed(`said ${just.slice(0, 12)}, and so on`, just)).toBe('said ***, and so on');
    expect(scrubbed(`said ${just.slice(0, 12)}, and so on`, just.slice(0, 23))).toContain(just.slice(0, 12));
  });

  it('takes for cut only what ends or begins a long text, and is the very end or beginning', () => {
    const password = 'hunter2-Secret';
    const filled = (length: number, end: string) => `${'x '.repeat(200)}${end}`.slice(-length);
    expect(scrubbed(filled(200, 'hunter'), password)).toBe(filled(200, '***').slice(-197));
    expect(scrubbed(filled(199, 'hunter'), password)).toBe(filled(199, 'hunter'));
    const [before, after] = [`${'x '.repeat(200)}hunter are out`, `My Secret is out${' x'.repeat(200)}`];
    expect([scrubbed(before, password), scrubbed(after, password)]).toEqual([before, after]);
  });

  it('takes what a value says of itself, and a key of that name for a key', () => {
    const scrubber = createScrubber();
    scrubber.add('hunter22');
    expect(scrubber.value({ toJSON: 'hunter22' })).toEqual({ toJSON: '***' });
    expect(scrubber.value(new Date(0))).toBe('1970-01-01T00:00:00.000Z');
    expect(scrubber.value([7, true, undefined])).toEqual([7, true, undefined]);
  });

  it('is done with a hundred kilobytes of a diff and a long key in a moment', () => {
    const scrubber = createScrubber();
    scrubber.add(token);
    scrubber.add(
      `-----BEGIN PRIVATE KEY-----\n${line(Buffer.alloc(1_200, token).toString('base64'), 64)}\n-----END PRIVATE KEY-----`,
    );
    const began = performance.now();
    scrubber.text('+  tag: "3f2c1d0" # a%20line &amp; \\u0041\n'.repeat(2_500));
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it('takes half a surrogate pair as it takes any other text', () => {
    const scrubber = createScrubber();
    scrubber.add('\ud800secret');
    expect(scrubber.text('a \ud800secret')).toBe('a ***');
  });

  it('leaves text without secrets alone, and words that are too short to be one', () => {
    const scrubber = createScrubber();
    scrubber.add('abc');
    scrubber.add('');
    scrubber.add('   ');
    expect(scrubber.text('abc in main')).toBe('abc in main');
  });

  it('scrubs the lines of a private key one by one, but not its BEGIN line', () => {
    const scrubber = createScrubber();
    scrubber.add(
      '-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEAxyz\nQQabcdefghijklmnop\n-----END RSA PRIVATE KEY-----\n',
    );
    expect(scrubber.text('2: MIIEpAIBAAKCAQEAxyz')).toBe('2: ***');
    expect(scrubber.text('-----BEGIN RSA PRIVATE KEY-----')).toBe('-----BEGIN RSA PRIVATE KEY-----');
  });

  it('reaches every string of a value, keys included, and shows a Secret by its label', () => {
    const scrubber = createScrubber();
    scrubber.add('hunter22');
    const value = { hunter22: [1, 'is hunter22', { deep: 'hunter22' }], none: null, s: new Secret('x', 'TOKEN') };
    expect(scrubber.value(value)).toEqual({ '***': [1, 'is ***', { deep: '***' }], none: null, s: '[TOKEN]' });
  });
});
