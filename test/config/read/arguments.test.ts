import { describe, expect, it } from 'vitest';
import { parseAuthor, parseEditArgument, parseRepo, parseSet } from '../../../src/config/read/arguments.ts';
import { describePlace } from '../../../src/errors/place.ts';
import { errorOf } from '../../commit/edit/edit-text.ts';

describe('--set', () => {
  const good: [string, string, string, string][] = [
    ['main/values.yaml:.front.imageTag=v1', 'main/values.yaml', '.front.imageTag', 'v1'],
    ['v.yaml:.a=""', 'v.yaml', '.a', ''],
    ['v.yaml:.a=http://x/y', 'v.yaml', '.a', 'http://x/y'],
    ['v.yaml:.a=x=y:.z', 'v.yaml', '.a', 'x=y:.z'],
    ['v.yaml:.images[name=app].newTag=v1', 'v.yaml', '.images[name=app].newTag', 'v1'],
    ['v.yaml:."a=b".c=v1', 'v.yaml', '."a=b".c', 'v1'],
    ['k.yaml:doc[kind=Pod].spec.x=v1', 'k.yaml', 'doc[kind=Pod].spec.x', 'v1'],
    ['k.yaml:[0].x=v1', 'k.yaml', '[0].x', 'v1'],
    ['a:b/v.yaml:.a=v1', 'a:b/v.yaml', '.a', 'v1'],
    ['v.yaml:.image=ghcr.io/acme/app:v1@sha256:00', 'v.yaml', '.image', 'ghcr.io/acme/app:v1@sha256:00'],
  ];
  it.each(good)('%s', (argument, file, path, value) => {
    expect(parseSet(argument)).toEqual({ file, path, value, create: false });
  });

  const bad: [string, string, number][] = [
    ['', 'USAGE', 1],
    ['v.yaml', 'USAGE', 1],
    ['v.yaml=x', 'USAGE', 7],
    ['v.yaml:front=x', 'USAGE', 7],
    [':.a=x', 'USAGE', 1],
    ['/etc/passwd:.a=x', 'USAGE', 1],
    ['../v.yaml:.a=x', 'USAGE', 1],
    ['.git/config:.a=x', 'USAGE', 1],
    ['v.yaml:.a', 'USAGE', 10],
    ['v.yaml:.a b=x', 'USAGE', 10],
    ['v.yaml:..a=x', 'PATH_SYNTAX_INVALID', 9],
    ['v.yaml:.a[x]=y', 'PATH_SYNTAX_INVALID', 12],
    ['v.yaml:.a=', 'USAGE', 10],
    ['v.yaml:.a=  ', 'USAGE', 10],
    ['v.yaml:.a="v2"', 'USAGE', 10],
    ["v.yaml:.a='v2'", 'USAGE', 10],
    ['v.yaml:.image=r/app:', 'USAGE', 14],
    ['v.yaml:.image=r/app:v1@', 'USAGE', 14],
    ['v.yaml:.image=r/app:v1@sha256:', 'USAGE', 14],
    ['v.yaml:.image=r/app:@sha256:00', 'USAGE', 14],
    ['v.yaml:.image=r.io//app:v1', 'USAGE', 14],
    ['v.yaml:.a:=', 'USAGE', 11],
    ['v.yaml:.a:=0151', 'USAGE', 11],
    ['v.yaml:.a:=1e3', 'USAGE', 11],
    ['v.yaml:.a:=1.10', 'USAGE', 11],
    ['v.yaml:.a:=v1', 'USAGE', 11],
    ['v.yaml:.a:=null', 'USAGE', 11],
  ];
  it.each(bad)('%j is refused: %s at %i', (argument, code, column) => {
    const error = errorOf(() => parseSet(argument));
    expect([error.code, error.exitCode]).toEqual([code, 2]);
    expect(error.place).toMatchObject({ file: '--set', column });
  });

  it('shows nothing that comes after the fault, for it may be a value', () => {
    for (const argument of [
      'v.yaml:..a=hunter2',
      'v.yaml:.a b=hunter2',
      '../v.yaml:.a=hunter2',
      'v.yaml:.a[=hunter2',
    ]) {
      const error = errorOf(() => parseSet(argument));
      expect(JSON.stringify([error.message, error.hint, error.data, error.place])).not.toContain('hunter2');
    }
    const { place } = errorOf(() => parseSet('v.yaml:.a b=x'));
    expect(place === undefined ? '' : describePlace(place)).toBe('--set\n  v.yaml:.a \n           ^');
  });
});

it('a value of a known type is written as JSON has it, after :=', () => {
  expect(parseSet('v.yaml:.replicas:=3')).toMatchObject({ path: '.replicas', value: '3', as: 'number' });
  expect(parseEditArgument('.cpu:=0.5')).toEqual({ path: '.cpu', value: '0.5', as: 'number' });
  expect(parseEditArgument('.enabled:=false')).toEqual({ path: '.enabled', value: 'false', as: 'boolean' });
  expect(parseEditArgument('.tag:="1.10"')).toEqual({ path: '.tag', value: '1.10', as: 'text' });
  expect(parseEditArgument('.a:="\\"quoted\\" r/app:"')).toEqual({ path: '.a', value: '"quoted" r/app:', as: 'text' });
});

it('an edit of a local file is a path and a value', () => {
  expect(parseEditArgument('.front.imageTag=v1')).toEqual({ path: '.front.imageTag', value: 'v1' });
  expect(errorOf(() => parseEditArgument('front.imageTag=v1')).code).toBe('PATH_SYNTAX_INVALID');
  expect(errorOf(() => parseEditArgument('.front.imageTag')).code).toBe('USAGE');
});

describe('--repo', () => {
  const good: [string, string][] = [
    ['https://github.com/acme/config.git', 'https://github.com/acme/config.git'],
    ['https://git.example.com:8443/a/b/c', 'https://git.example.com:8443/a/b/c'],
    ['http://127.0.0.1:3000/config.git', 'http://127.0.0.1:3000/config.git'],
    ['https://github.com/acme/config/', 'https://github.com/acme/config'],
    ['acme/config', 'https://github.com/acme/config.git'],
    ['acme/config.git', 'https://github.com/acme/config.git'],
  ];
  it.each(good)('%s', (text, url) => {
    expect(parseRepo(text)).toBe(url);
  });

  const bad = [
    '', 'config', 'acme/config/x', 'git@github.com:acme/config.git', 'ssh://git@github.com/acme/config', 'file:///tmp/x', '/tmp/x',
    'https://user:hunter2@github.com/acme/config', 'https://token@github.com/a/b', 'https://github.com/a/b?x=1', 'https://github.com/a/b#x',
    'https://', 'https://github.com', 'https://github.com/', 'git://github.com/a/b', '../x', 'https://git hub.com/a',
  ]; // biome-ignore format: a table
  it.each(bad)('%j is refused', (text) => {
    const error = errorOf(() => parseRepo(text));
    expect([error.code, error.exitCode]).toEqual(['USAGE', 2]);
    expect(error.message).not.toContain('hunter2');
  });

  it('takes owner/name for a repository on another GitHub server', () => {
    expect(parseRepo('acme/config', 'https://ghe.example.com/')).toBe('https://ghe.example.com/acme/config.git');
  });
});

it('--author is a name and a mail address', () => {
  expect(parseAuthor('Ada L. <ada@example.com>')).toEqual({ name: 'Ada L.', email: 'ada@example.com' });
  for (const wrong of ['Ada', '<a@b>', 'Ada <>', 'A\nB <a@b>', 'A <a@b> x', '']) {
    expect(errorOf(() => parseAuthor(wrong)).code).toBe('USAGE');
  }
});
