import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseChallenges } from '../../../../src/wire/oci/auth/challenge.ts';

const plain = (header: string) => parseChallenges(header).map(({ scheme, params }) => [scheme, { ...params }]);

describe('WWW-Authenticate', () => {
  it.each([
    ['', []],
    ['Basic', [['basic', {}]]],
    ['Basic realm="a"', [['basic', { realm: 'a' }]]],
    ['BASIC Realm=a', [['basic', { realm: 'a' }]]],
    [
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"',
      [
        [
          'bearer',
          { realm: 'https://auth.docker.io/token', service: 'registry.docker.io', scope: 'repository:a/b:pull,push' },
        ],
      ],
    ],
    [
      'Basic realm="one", Bearer realm="two" , service = "s"',
      [
        ['basic', { realm: 'one' }],
        ['bearer', { realm: 'two', service: 's' }],
      ],
    ],
    [
      'Negotiate, Negotiate YWJjZA==, Basic realm="x"',
      [
        ['negotiate', {}],
        ['negotiate', {}],
        ['basic', { realm: 'x' }],
      ],
    ],
    ['Basic realm="say \\"hi\\", \\\\o/"', [['basic', { realm: 'say "hi", \\o/' }]]],
    [', ,Basic realm="x",,', [['basic', { realm: 'x' }]]],
    ['Bearer realm="first",realm="second"', [['bearer', { realm: 'first' }]]],
    ['Bearer realm="never closed', [['bearer', {}]]],
    ['Bearer scope="x", realm=', [['bearer', { scope: 'x' }]]],
    ['="x"', []],
    [
      'Bearer realm="a" Basic realm="b"',
      [
        ['bearer', { realm: 'a' }],
        ['basic', { realm: 'b' }],
      ],
    ],
  ])('%s', (header, expected) => {
    expect(plain(header)).toEqual(expected);
  });

  it('takes a parameter called __proto__ for nothing special', () => {
    const [challenge] = parseChallenges('Bearer __proto__="x",realm="y"');
    expect(challenge?.params.realm).toBe('y');
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,10}$/);
  const value = fc.string({ maxLength: 40 }).filter((text) => !/[^\x20-\x7e]/.test(text));
  const challenge = fc.tuple(name, fc.uniqueArray(fc.tuple(name, value), { selector: ([key]) => key, maxLength: 4 }));

  it('gives back whatever challenges were written', () => {
    fc.assert(
      fc.property(fc.array(challenge, { maxLength: 4 }), (challenges) => {
        const header = challenges
          .map(([scheme, params]) => {
            const written = params.map(([key, text]) => `${key}="${text.replace(/["\\]/g, '\\$&')}"`);
            return [scheme, written.join(', ')].join(' ').trim();
          })
          .join(', ');
        expect(plain(header)).toEqual(challenges.map(([scheme, params]) => [scheme, Object.fromEntries(params)]));
      }),
    );
  });

  it('reads any text without failing or hanging', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 2_000, unit: fc.constantFrom(...'aB=", \\\t;/~') }), (header) => {
        parseChallenges(header);
      }),
    );
    expect(parseChallenges('a'.repeat(100_000))).toHaveLength(1);
    expect(parseChallenges(`Bearer x="${'\\'.repeat(100_000)}`)).toHaveLength(1);
  });
});
