import type { Content, Files } from '../images.ts';

/** Something that is built, and built again after one thing about it has changed. */
export interface Mutation {
  readonly title: string;
  /**
   * `BASE` stands for a small base image, `SHELL` for one in which RUN works, `MOVING` for one whose tag is moved when
   * `moved` says so, `INDEX` for one of two platforms of which `moved` changes the one that isn't built.
   */
  readonly dockerfile: string;
  readonly files: Files;
  readonly args?: Readonly<Record<string, string>>;
  readonly target?: string;
  readonly platforms?: readonly string[];
  /** Contexts by name: a folder of `files`, or an image. */
  readonly contexts?: Readonly<Record<string, string>>;
  readonly change: Change;
  /** The fingerprint is a new one although the result is not: the word for it in docs/fingerprint.md. */
  readonly careful?: string;
  /** What Docker 20.10 makes of it, where that is something else than today's BuildKit does: it tells other histories. */
  readonly older?: 'same' | 'differs';
}

/** What is different the second time. */
export interface Change {
  readonly dockerfile?: string;
  /** Files that are other ones, or gone (null). */
  readonly files?: Readonly<Record<string, Content | null>>;
  /** Permissions of folders. */
  readonly modes?: Readonly<Record<string, number>>;
  readonly folders?: readonly string[];
  readonly args?: Readonly<Record<string, string>>;
  readonly target?: string;
  readonly platforms?: readonly string[];
  readonly contexts?: Readonly<Record<string, string>>;
  readonly moved?: true;
}

export const files: Files = {
  a: 'a\n',
  b: 'b\n',
  'dir/one.txt': 'one\n',
  'dir/two.md': 'two\n',
  'dir/sub/three.txt': 'three\n',
  'dir/link': { link: 'one.txt' },
  link: { link: 'a' },
  'dir-link': { link: 'dir' },
};

export function mutation(
  title: string,
  dockerfile: string,
  change: Change | string,
  more: Partial<Omit<Mutation, 'title' | 'dockerfile' | 'change'>> = {},
): Mutation {
  return {
    title,
    dockerfile,
    files,
    ...more,
    change: typeof change === 'string' ? { dockerfile: change } : change,
  };
}

export const careful = (word: string) => ({ careful: word });
