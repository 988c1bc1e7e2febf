import { describe, expect, it } from 'vitest';
import {
  type DockerConfig,
  entryFor,
  helperFor,
  keyOf,
  readDockerConfig,
} from '../../../src/auth/registry/docker-config.ts';

const b64 = (text: string) => Buffer.from(text).toString('base64');

function config(value: unknown): DockerConfig {
  const read = readDockerConfig(JSON.stringify(value), 'config.json');
  if ('why' in read) throw new Error(read.why);
  return read;
}

describe('a login in the file', () => {
  const hub = 'https://index.docker.io/v1/';
  it.each([
    ['auth', { 'r.example': { auth: b64('bob:s3cret:with:colons') } }, 'bob', 's3cret:with:colons'],
    ['auth padded with NUL', { 'r.example': { auth: b64('bob:s3cret\0\0') } }, 'bob', 's3cret'],
    ['username and password', { 'r.example': { username: 'bob', password: 's3cret' } }, 'bob', 's3cret'],
    ['an identity token', { 'r.example': { auth: b64('bob:old'), identitytoken: 'idt' } }, '<token>', 'idt'],
    ['a key that is a URL', { 'https://r.example/v1/': { auth: b64('bob:s3cret') } }, 'bob', 's3cret'],
  ])('is read from %s', (_, auths, username, password) => {
    expect(entryFor(config({ auths }), 'r.example')).toEqual({ username, password });
  });

  it.each(['docker.io', 'index.docker.io', 'registry-1.docker.io'])('of Docker Hub is found for %s', (host) => {
    expect(keyOf(host)).toBe(hub);
    expect(entryFor(config({ auths: { [hub]: { auth: b64('bob:s3cret') } } }), host)).toMatchObject({
      username: 'bob',
    });
  });

  it('of another host is never used', () => {
    const auths = { 'r.example': { auth: b64('bob:s3cret') }, 'x.r.example:5000': { auth: b64('eve:other') } };
    for (const host of ['r.example:5000', 'example', 'x.r.example', 'docker.io', '__proto__', 'constructor']) {
      expect(entryFor(config({ auths }), host)).toBeUndefined();
    }
  });

  it.each([
    ['empty, as a store leaves it', {}],
    ['with an empty auth', { auth: '' }],
    ['with a name alone', { username: 'bob' }],
  ])('that is %s is none', (_, entry) => {
    expect(entryFor(config({ auths: { 'r.example': entry } }), 'r.example')).toBeUndefined();
  });

  it.each([b64('no colon'), b64(':no name'), '????'])('that cannot be decoded (%s) is malformed', (auth) => {
    expect(entryFor(config({ auths: { 'r.example': { auth } } }), 'r.example')).toBe('malformed');
  });
});

describe('the helper', () => {
  it('of the host goes before the common store', () => {
    const both = config({ credsStore: 'desktop', credHelpers: { 'r.example': 'ecr-login' } });
    expect(helperFor(both, 'r.example')).toBe('ecr-login');
    expect(helperFor(both, 'other.example')).toBe('desktop');
    expect(helperFor(config({ credsStore: '' }), 'r.example')).toBeUndefined();
  });
});

describe('a file that is wrong', () => {
  it('is placed by line and column, without its text', () => {
    const text = '{\n  "auths": {\n    "r.example": { "auth": "c2VjcmV0" },\n  }\n}\n';
    const read = readDockerConfig(text, 'config.json');
    expect(read).toMatchObject({ place: { file: 'config.json', line: 3, column: 40 } });
    expect(JSON.stringify(read)).not.toContain('c2VjcmV0');
  });

  it.each([
    '',
    '[]',
    '"x"',
    '{"auths": []}',
    '{"auths": {"x": 1}}',
    '{"auths": {"x": {"auth": 1}}}',
  ])('%j is refused', (text) => expect(readDockerConfig(text, 'f')).toHaveProperty('why'));
  it.each(['{"credHelpers": {"x": 1}}', '{"credsStore": {}}', '{"credHelpers": "x"}'])('%j is refused', (text) => {
    expect(readDockerConfig(text, 'f')).toHaveProperty('why');
  });

  it('a byte order mark and unknown keys are no fault', () => {
    expect(readDockerConfig('\uFEFF{"psFormat": "x", "HttpHeaders": {}}', 'f')).toMatchObject({ auths: {} });
  });
});
