import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createExec } from '../../../../src/wire/exec.ts';
import { GitDataError } from '../../../../src/wire/git/failure.ts';
import {
  entryKind,
  entryNamed,
  insertEntry,
  isObjectId,
  makeObject,
  parseCommit,
  parseTree,
  replaceEntry,
  serialiseCommit,
  serialiseTree,
  type TreeEntry,
  zeroId,
} from '../../../../src/wire/git/pack/object.ts';
import { git, gitEnv, hasSha256, tempDir } from '../../../support/git-host.ts';

const formats = hasSha256 ? (['sha1', 'sha256'] as const) : (['sha1'] as const);
const blob = 'ce013625030ba8dba906f756967f9e9ca394464a';
const entry = (name: string, mode = '100644', id = blob): TreeEntry => ({ name: Buffer.from(name), mode, id });

describe.each(formats)('in a %s repository', (format) => {
  it('names blobs, trees and commits as git does', async () => {
    const dir = await tempDir();
    await git(dir, 'init', '--quiet', `--object-format=${format}`);
    await writeFile(join(dir, 'file'), 'hello\n');
    const content = makeObject(format, 'blob', Buffer.from('hello\n'));
    expect((await git(dir, 'hash-object', '-w', 'file')).trim()).toBe(content.id);

    const entries = ['a.b', 'a', 'a0', 'Z', 'é', 'z z'].map((name) => entry(name, '100755', content.id));
    const empty = makeObject(format, 'tree', Buffer.alloc(0));
    await git(dir, 'hash-object', '-w', '-t', 'tree', '/dev/null');
    const folders = ['b', 'b.c', 'b0'].map((name) => entry(name, '40000', empty.id));
    const listed = [...folders, ...entries].map(
      ({ mode, name, id }) => `${mode.padStart(6, '0')} ${mode === '40000' ? 'tree' : 'blob'} ${id}\t${name}`,
    );
    const tree = makeObject(format, 'tree', serialiseTree([...entries, ...folders]));
    const exec = createExec(gitEnv);
    const made = await exec({ program: 'git', args: ['-C', dir, 'mktree', '-z'], stdin: listed.join('\0') });
    expect(made.stdout.trim()).toBe(tree.id);
    expect(entryNamed(tree.content, Buffer.from('é'), format)?.id).toBe(content.id);

    const who = { name: ' <Bot>: "the" first. ', email: 'bot@example.com', seconds: 1_700_000_000 };
    const commit = makeObject(
      format,
      'commit',
      serialiseCommit({ tree: tree.id, parents: [], author: who, committer: who, message: 'Set a\n\nSource: b' }),
    );
    const time = `${who.seconds} +0000`;
    const identity = {
      GIT_AUTHOR_NAME: who.name,
      GIT_AUTHOR_EMAIL: who.email,
      GIT_AUTHOR_DATE: time,
      GIT_COMMITTER_NAME: who.name,
      GIT_COMMITTER_EMAIL: who.email,
      GIT_COMMITTER_DATE: time,
    };
    const args = ['-C', dir, 'commit-tree', tree.id, '-m', 'Set a', '-m', 'Source: b'];
    const theirs = await exec({ program: 'git', args, env: identity });
    expect(theirs.stdout.trim()).toBe(commit.id);
    expect(parseCommit(commit.content, format)).toEqual({ tree: tree.id, parents: [] });
  });

  it('reads back any tree it writes', () => {
    const name = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
      .filter((text) => !/[/\0]|^\.{1,2}$|^\.git$/i.test(text));
    const mode = fc.constantFrom('100644', '100755', '40000', '120000', '160000');
    const names = fc.uniqueArray(fc.tuple(name, mode), { selector: ([text]) => text, maxLength: 30 });
    fc.assert(
      fc.property(names, (pairs) => {
        const entries = pairs.map(([text, as]) => entry(text, as, zeroId(format).replaceAll('0', 'a')));
        const tree = serialiseTree(entries);
        const read = parseTree(tree, format);
        expect(serialiseTree(read).equals(tree)).toBe(true);
        expect(read).toHaveLength(entries.length);
        for (const one of entries) expect(entryNamed(tree, one.name, format)).toEqual(one);
      }),
    );
  });

  it('ends on any bytes, with entries or with a GitDataError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          parseTree(Buffer.from(bytes), format);
          parseCommit(Buffer.from(bytes), format);
        } catch (error) {
          expect(error).toBeInstanceOf(GitDataError);
        }
      }),
    );
  });
});

it('replaces one id and keeps every other byte, in a tree that git would sort otherwise too', () => {
  const unsorted = Buffer.concat(
    ['z', 'a', 'm'].flatMap((name) => [Buffer.from(`100664 ${name}\0`), Buffer.from(blob, 'hex')]),
  );
  const id = 'f'.repeat(40);
  const replaced = replaceEntry(unsorted, Buffer.from('a'), id, 'sha1');
  const before = parseTree(unsorted, 'sha1');
  const wanted = before.map((one) => (one.name.toString() === 'a' ? { ...one, id } : one));
  expect(parseTree(replaced, 'sha1')).toEqual(wanted);
  expect(() => replaceEntry(unsorted, Buffer.from('b'), id, 'sha1')).toThrow(RangeError);
});

it('refuses to write a tree that a checkout could be attacked with', () => {
  for (const name of ['', '.', '..', '.git', '.GIT', 'a/b', 'a\0b']) {
    expect(() => serialiseTree([entry(name)])).toThrow(RangeError);
  }
  expect(() => serialiseTree([entry('a'), entry('a')])).toThrow(RangeError);
});

it('knows the kinds of entries by their modes', () => {
  const kinds = ['100644', '100755', '100664', '40000', '120000', '160000'].map(entryKind);
  expect(kinds).toEqual(['file', 'file', 'file', 'folder', 'symlink', 'submodule']);
  expect(() => entryKind('10000')).toThrow(GitDataError);
});

it('tells an id from other texts', () => {
  expect(isObjectId(blob)).toBe(true);
  expect(isObjectId(blob, 'sha256')).toBe(false);
  expect(isObjectId(blob.toUpperCase())).toBe(false);
  expect(isObjectId(`${blob}\n`)).toBe(false);
  expect(isObjectId('')).toBe(false);
});

it('reads all parents of a merge, and stops at the header', () => {
  const [a, b] = ['a'.repeat(40), 'b'.repeat(40)];
  const text = `tree ${blob}\nparent ${a}\nparent ${b}\nauthor x\n\nparent ${blob}\n`;
  expect(parseCommit(Buffer.from(text), 'sha1').parents).toEqual([a, b]);
  expect(() => parseCommit(Buffer.from(`parent ${a}\n`), 'sha1')).toThrow(GitDataError);
});

it('lets nobody write a header line through a name or a message', () => {
  const seconds = 1;
  const author = { name: 'Eve\nparent x', email: 'e@x>\ngpgsig y', seconds };
  const text = serialiseCommit({ tree: blob, parents: [], author, committer: author, message: 'One\r\nTwo\0\n\n\n' });
  expect(text.toString().split('\n')).toEqual([
    `tree ${blob}`,
    'author Eveparent x <e@xgpgsig y> 1 +0000',
    'committer Eveparent x <e@xgpgsig y> 1 +0000',
    '',
    'One',
    'Two',
    '',
  ]);
});

describe('an entry more in a tree', () => {
  it('stands where git sorts it, whatever is there, and everything else stays', () => {
    const name = fc.string({ minLength: 1, maxLength: 4, unit: fc.constantFrom('a', 'b', '.', '-', '0', 'é', 't') });
    const one = fc.tuple(name, fc.constantFrom('100644', '40000', '120000'));
    const several = fc.uniqueArray(one, { minLength: 1, maxLength: 12, selector: ([text]) => text });
    fc.assert(
      fc.property(several, (all) => {
        const entries = all.filter(([text]) => !['.', '..'].includes(text)).map(([text, mode]) => entry(text, mode));
        const [added, ...others] = entries;
        if (added === undefined) return;
        expect(insertEntry(serialiseTree(others), added, 'sha1')).toEqual(serialiseTree(entries));
      }),
    );
  });

  it('is refused where the name is taken', () => {
    expect(() => insertEntry(serialiseTree([entry('a')]), entry('a', '40000'), 'sha1')).toThrow(RangeError);
  });
});
