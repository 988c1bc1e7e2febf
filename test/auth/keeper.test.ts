import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { createKeeper, keepVariables } from '../../src/auth/keeper.ts';

const b64 = (text: string) => Buffer.from(text).toString('base64');

function keeping() {
  const masked: string[] = [];
  return { keeper: createKeeper((secret) => masked.push(secret)), masked };
}

it('a kept value is masked at once, in every form, once', () => {
  const { keeper, masked } = keeping();
  keeper.keep('a+b/c=', 'T');
  keeper.keep('a+b/c=', 'T');
  expect(masked).toEqual(['a+b/c=', b64('a+b/c='), 'a%2Bb%2Fc%3D']);
});

it('a key file is masked by its lines as well, however its line ends are written', () => {
  for (const end of ['\n', '\r\n', '\\n']) {
    const { keeper, masked } = keeping();
    keeper.keep(['-----BEGIN KEY-----', 'A'.repeat(64), 'B'.repeat(20), '-----END KEY-----'].join(end), 'KEY');
    expect(masked).toEqual(expect.arrayContaining(['A'.repeat(64), 'B'.repeat(20)]));
    expect(masked.filter((one) => one.startsWith('-----') && !one.includes('A'))).toEqual([]);
  }
});

it('a Basic header is a Secret, masked in its encoded form', () => {
  const { keeper, masked } = keeping();
  const header = keeper.basic('bob', keeper.keep('hunter22', 'P'), 'P');
  expect(header.reveal()).toBe(`Basic ${b64('bob:hunter22')}`);
  expect(inspect(header)).toBe('[P]');
  expect(masked).toContain(b64('bob:hunter22'));
});

it('peers have secrets taken out of their words, longer ones first', () => {
  const { keeper } = keeping();
  keeper.keep('hunter', 'SHORT');
  keeper.keep('hunter-and-more', 'LONG');
  expect(keeper.clean('say hunter-and-more, hunter')).toBe('say [LONG], [SHORT]');
});

it('a value of a few letters is masked but does not garble words', () => {
  const { keeper, masked } = keeping();
  keeper.keep('abc', 'X');
  expect(masked).toContain('abc');
  expect(keeper.clean('the abc of it')).toBe('the abc of it');
});

it('nothing is kept of nothing', () => {
  const { keeper, masked } = keeping();
  keeper.keep('', 'X');
  expect(masked).toEqual([]);
});

it('variables that hold secrets are masked whether they are used or not', () => {
  const { keeper, masked } = keeping();
  keepVariables(keeper, {
    TAGBOAT_TOKEN: 'token-1',
    TAGBOAT_TOKEN_GITLAB_COM: 'token-2',
    GITHUB_TOKEN: 'token-3',
    TAGBOAT_GIT_HOST: 'github.com',
    AWS_REGION: 'eu-west-1',
    AWS_SESSION_TOKEN: '',
  });
  expect(masked).toEqual(expect.arrayContaining(['token-1', 'token-2', 'token-3']));
  expect(masked).not.toContain('github.com');
  expect(masked).not.toContain('eu-west-1');
});
