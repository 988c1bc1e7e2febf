import type { ErrorCode } from '../../src/errors.ts';
import type { Files } from './images.ts';

/** A Dockerfile without RUN and its context. `BASE` stands for a small base image with users, links and odd modes. */
export interface Case {
  readonly title: string;
  readonly dockerfile: string;
  readonly files: Files;
  readonly args?: Readonly<Record<string, string>>;
  readonly target?: string;
  /** Contexts by name: a folder of `files`, or an image. */
  readonly contexts?: Readonly<Record<string, string>>;
  /** No builder makes an image of it; this is what assemble says. */
  readonly fails?: ErrorCode;
  /** Docker 20.10 doesn't know what this needs, or did it otherwise; today's BuildKit is asked alone. */
  readonly newer?: true;
}

/** Ordinary files, an executable, hidden ones, and links to a file and to a folder. */
export const tree: Files = {
  a: 'a\n',
  b: { text: '#!/bin/sh\n', mode: 0o755 },
  'dir/one.txt': 'one\n',
  'dir/two.md': 'two\n',
  'dir/sub/three.txt': 'three\n',
  'dir/sub/.hidden': 'h\n',
  link: { link: 'a' },
  'dir-link': { link: 'dir' },
};

export function on(title: string, dockerfile: string, files: Files = tree, more: Partial<Case> = {}): Case {
  return { title, dockerfile, files, ...more };
}

export const newer = { newer: true } as const;
export const failing = (fails: ErrorCode) => ({ fails });
