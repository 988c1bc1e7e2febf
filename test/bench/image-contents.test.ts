import { expect, it } from 'vitest';
import { assertSame, type Contents } from '../../bench/image-contents.ts';

const image = (files: Record<string, string>, config: Record<string, unknown> = {}): Contents => ({
  files: new Map(Object.entries(files)),
  config,
});

it('images with the same files and the same start are the same, whatever their order', () => {
  const [one, other] = [
    image({ a: '1', b: '2' }, { User: '1000' }),
    image({ b: '2', a: '1' }, { User: '1000', Image: 'x' }),
  ];
  expect(() => assertSame('app', one, other)).not.toThrow();
});

it('a missing, an additional and a different file each make another image', () => {
  const theirs = image({ a: '1', b: '2' });
  for (const files of [{ a: '1' }, { a: '1', b: '2', c: '3' }, { a: '1', b: 'another mode' }]) {
    expect(() => assertSame('app', image(files), theirs)).toThrow();
  }
});

it('another command, user or environment makes another image', () => {
  const theirs = image({}, { Cmd: ['up'], Env: ['A=1'] });
  for (const config of [{ Cmd: ['down'], Env: ['A=1'] }, { Cmd: ['up'], Env: ['A=2'] }, { Cmd: ['up'] }]) {
    expect(() => assertSame('app', image({}, config), theirs)).toThrow();
  }
});
