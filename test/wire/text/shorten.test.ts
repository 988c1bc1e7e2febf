import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createScrubber } from '../../../src/entry/show/scrub/scrub.ts';
import { beginning, ending } from '../../../src/wire/text/shorten.ts';

const secret = 'pL7xQv9RtK2mWc4ZsN8d';
const scrubber = createScrubber();
scrubber.add(secret);
const pieces = Array.from({ length: secret.length - 3 }, (_, at) => secret.slice(at, at + 4));

/** Texts around the secret that are longer than the cut, whose place the secret moves over. */
function* around(fill: string, wrapped: string): Generator<string> {
  for (let at = 0; at <= 140; at++) yield `${fill.repeat(200).slice(0, at)}${wrapped}${fill.repeat(200).slice(0, 200)}`;
}

describe('a text that is cut before secrets are taken out of it', () => {
  it.each([
    ['among words', 'lorem ipsum ', ` ${secret} `],
    ['in JSON without a blank', '{"a":"b","c":["d"]},', `{"token":"${secret}"}`],
    ['in a URL', 'x ', ` https://u:${secret}@h.test/p `],
    ['in one long token', 'abcdef0123', `-${secret}-`],
    ['on lines of its own', 'line\n', `\n${secret}\n`],
  ])('leaves no piece of a secret %s, wherever the cut falls', (_, fill, wrapped) => {
    for (const text of around(fill, wrapped)) {
      for (const cut of [beginning(text, 120), ending(text, 120)]) {
        expect(cut.length).toBeLessThanOrEqual(120);
        // Whatever it is shown in, what follows it isn't its end.
        const shown = scrubber.text(`${cut} and so on`);
        expect(pieces.filter((piece) => shown.includes(piece))).toEqual([]);
      }
    }
  });

  it('is as long as it may be, but for a word', () => {
    expect(beginning('one two three', 9)).toBe('one two ');
    expect(beginning('one two three', 7)).toBe('one two');
    expect(beginning('short', 9)).toBe('short');
    expect(ending('one two three', 9)).toBe('two three');
    expect(ending('one two three', 7)).toBe(' three');
    expect(beginning(`{"a":"${'x'.repeat(50)}","b":"${'y'.repeat(50)}"}`, 100)).toBe(`{"a":"${'x'.repeat(50)}","b":"`);
  });
});

/** Cuts of what is no text of others: ids, names of ours, and what only is compared. */
const others = [
  /\b(?:commit|revision|by|to|at|oid|digest|id|sha|hex|head|name|other|ours|key|state)(?:\.\w+)?\.slice\(/,
  /(?:digest\('[a-z0-9]+'\)|fingerprintTag\(\w+\)|toLowerCase\(\)|join\('-'\))\.slice\(/,
  /(?:log\.last\(\)|value)\.slice\(0, 1_000\)|log\.last\(\)\.slice\(-[24]0\)/,
  // A value of the config's own in a commit's subject, and the path that was given.
  /\bvalue\.slice\(0, (?:60|80|100)\)|\bpath\.slice\(0, 200\)|steps \}\)\.slice\(0, longest\)/,
  // Branches, tags, files and errors, not their letters.
  /(?:\[\.\.\.branches, \.\.\.tags\]|\bfiles|\berrors)\.slice\(0, 10\)/,
  // A date's day or minute, and what is asked by a page, which is bounded before it is looked up.
  /toISOString\(\)\.slice\(0, 10\)|\bsince\.slice\(0, 16\)|asked\.slice\(0, 500\)/,
  // Kept from run to run, to be compared.
  /text\.slice\(0, 99\)|text\.slice\(0, 100\)\)/,
  /^[^:]*: \.slice\(|`\)\.slice\(0, 64\)|match\[1\]\?\.slice\(0, 40\)|fields\.name\.slice|\(one\) => one !== ''\)\.slice/,
];

it('nothing else below what is shown cuts the texts of others', () => {
  const root = join(import.meta.dirname, '../../../src');
  const found = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !/^(?:sandbox|entry\/show)\/|^wire\/text\/shorten\.ts$/.test(file))
    .flatMap((file) =>
      readFileSync(join(root, file), 'utf8')
        .split('\n')
        .filter((line) => /\.slice\((?:0, |-)(?:longest\w*|characters|\d{2,}|\d+_\d+)\)/.test(line))
        .map((line) => `${file}: ${line.trim()}`),
    );
  expect(found.filter((line) => !others.some((one) => one.test(line)))).toEqual([]);
});
