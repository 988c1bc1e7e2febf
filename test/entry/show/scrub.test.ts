import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createScrubber } from '../../../src/entry/show/scrub.ts';
import { Secret } from '../../../src/wire/secret.ts';

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
