import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  endpointOf,
  fullName,
  isLoopback,
  isRepository,
  isTag,
  parseReference,
  showReference,
} from '../../../src/wire/oci/reference.ts';

const hex = 'a'.repeat(64);

describe('a reference', () => {
  it.each([
    ['busybox', 'docker.io', 'library/busybox', undefined, undefined],
    ['busybox:1.36', 'docker.io', 'library/busybox', '1.36', undefined],
    ['acme/app', 'docker.io', 'acme/app', undefined, undefined],
    ['docker.io/busybox', 'docker.io', 'library/busybox', undefined, undefined],
    ['index.docker.io/acme/app:1', 'docker.io', 'acme/app', '1', undefined],
    ['localhost/app', 'localhost', 'app', undefined, undefined],
    ['localhost:5000/app:1', 'localhost:5000', 'app', '1', undefined],
    ['127.0.0.1:5000/a/b/c:x', '127.0.0.1:5000', 'a/b/c', 'x', undefined],
    ['[::1]:5000/app', '[::1]:5000', 'app', undefined, undefined],
    [`ghcr.io/acme/app@sha256:${hex}`, 'ghcr.io', 'acme/app', undefined, `sha256:${hex}`],
    [`ghcr.io/acme/app:1@sha256:${hex}`, 'ghcr.io', 'acme/app', '1', `sha256:${hex}`],
    [
      '123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:1',
      '123456789012.dkr.ecr.eu-west-1.amazonaws.com',
      'app',
      '1',
      undefined,
    ],
    ['UPPER/app', 'UPPER', 'app', undefined, undefined],
    ['acme/a__b.c-d--e', 'docker.io', 'acme/a__b.c-d--e', undefined, undefined],
  ])('%s', (text, host, repository, tag, digest) => {
    expect(parseReference(text)).toEqual({ host, repository, tag, digest });
  });

  it.each([
    '',
    ':1',
    `@sha256:${hex}`,
    'Busybox',
    'acme/App',
    'acme//app',
    'acme/app/',
    '/acme/app',
    'acme/app:',
    'acme/app:-x',
    'acme/app:a b',
    `acme/app:${'t'.repeat(129)}`,
    'acme/app@sha256:abc',
    `acme/app@sha512:${hex}`,
    'acme/app@',
    `acme/app@sha256:${hex.toUpperCase()}`,
    'a..b/c',
    'a___b',
    'host:port/app',
    'https://ghcr.io/acme/app',
    `${'a'.repeat(250)}/app`,
    'x'.repeat(10_000),
    'app\n',
  ])('%j is none', (text) => {
    expect(parseReference(text)).toBeUndefined();
  });

  it('is as long as its parts may be', () => {
    const repository = `acme/${'a'.repeat(242)}`;
    const longest = `r.test:1/${repository.slice(0, 246)}:${'t'.repeat(128)}@sha512:${'a'.repeat(128)}`;
    expect(longest).toHaveLength(520);
    expect(parseReference(longest)).toMatchObject({ host: 'r.test:1', tag: 't'.repeat(128) });
    expect(parseReference(`${longest.slice(0, 9)}b${longest.slice(9)}`)).toBeUndefined();
    expect([isRepository('a'.repeat(255)), isRepository('a'.repeat(256))]).toEqual([true, false]);
  });

  it.each([
    ['busybox', 'docker.io/library/busybox:latest'],
    ['busybox:1', 'docker.io/library/busybox:1'],
    [`busybox@sha256:${hex}`, `docker.io/library/busybox@sha256:${hex}`],
    [`busybox:1@sha256:${hex}`, `docker.io/library/busybox:1@sha256:${hex}`],
    ['a..b', undefined],
  ])('%s has one whole name', (text, name) => {
    expect(fullName(text)).toBe(name);
  });

  const word = fc.stringMatching(/^[a-z0-9]{1,6}$/);
  const component = fc
    .tuple(word, fc.array(fc.tuple(fc.constantFrom('.', '_', '__', '-', '---'), word), { maxLength: 2 }))
    .map(([first, rest]) => first + rest.map(([mark, next]) => mark + next).join(''));
  const reference = fc.record({
    host: fc.constantFrom('ghcr.io', 'localhost', 'localhost:5000', 'a-b.example:1', '[::1]:80', 'docker.io'),
    repository: fc.array(component, { minLength: 2, maxLength: 4 }).map((parts) => parts.join('/')),
    tag: fc.option(fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,20}$/), { nil: undefined }),
    digest: fc.option(
      fc.stringMatching(/^[0-9a-f]{64}$/).map((one) => `sha256:${one}` as const),
      { nil: undefined },
    ),
  });

  it('is read back as it was written', () => {
    fc.assert(
      fc.property(reference, (one) => {
        expect(parseReference(showReference(one))).toEqual(one);
        expect(isRepository(one.repository)).toBe(true);
        expect(one.tag === undefined || isTag(one.tag)).toBe(true);
      }),
    );
  });

  it('is read, or refused, from any text, and what was read is written the same way again', () => {
    const any = fc.string({ maxLength: 60, unit: fc.constantFrom(...'aZ09./:@-_[]', 'sha256:', hex) });
    fc.assert(
      fc.property(any, (text) => {
        const read = parseReference(text);
        if (read !== undefined) expect(parseReference(showReference(read))).toEqual(read);
      }),
    );
  });
});

describe('a host', () => {
  it("is Docker Hub's API where Docker Hub is meant", () => {
    expect(endpointOf('docker.io')).toBe('registry-1.docker.io');
    expect(endpointOf('index.docker.io')).toBe('registry-1.docker.io');
    expect(endpointOf('ghcr.io')).toBe('ghcr.io');
  });

  it.each([
    'localhost',
    'localhost:5000',
    'LOCALHOST:1',
    '127.0.0.1',
    '127.1.2.3:80',
    '[::1]:5000',
  ])('%s is this machine', (host) => {
    expect(isLoopback(host)).toBe(true);
  });

  it.each([
    'localhost.example',
    'a.localhost:1',
    'localhost:port',
    '127.0.0.1.example',
    '128.0.0.1',
    '[::2]',
    'ghcr.io',
    '10.0.0.1:5000',
  ])('%s is another', (host) => {
    expect(isLoopback(host)).toBe(false);
  });
});
