import { existsSync, rmSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createExec } from '../../wire/exec.ts';
import type { Env } from '../../wire/world.ts';

/** A file to write: its content, or with a mode of its own (`100755`, `120000`; `160000` takes a commit id). */
export type RepoFile = string | Uint8Array | { readonly mode: string; readonly content: string | Uint8Array };

/** A commit to make on a branch. The rest of the branch's files stay. */
export interface RepoCommit {
  readonly branch?: string;
  /** By path. `undefined` deletes. */
  readonly files: Readonly<Record<string, RepoFile | undefined>> | Iterable<readonly [string, RepoFile | undefined]>;
  readonly message?: string | undefined;
  readonly author?: { readonly name: string; readonly email: string } | undefined;
  /** Seconds since the epoch. */
  readonly time?: number | undefined;
}

export interface RepoOptions extends Partial<RepoCommit> {
  readonly objectFormat?: 'sha1' | 'sha256';
  /** Git configuration of this repository, over what serving a partial fetch and a push needs. */
  readonly config?: Readonly<Record<string, string>>;
  /** Shell script to run before a push is taken: what it prints is told to the client, a bad exit refuses. */
  readonly preReceive?: string;
}

const served: Readonly<Record<string, string>> = {
  'http.receivepack': 'true',
  'uploadpack.allowFilter': 'true',
  'uploadpack.allowAnySHA1InWant': 'true',
  // Housekeeping after a push would compete with what is being shown or measured.
  'receive.autogc': 'false',
  'gc.auto': '0',
};

/** Makes a bare repository, with one commit when there are files. */
export async function createBareRepo(dir: string, options: RepoOptions, env: Env): Promise<void> {
  await cp(await firstState(options, env), dir, { recursive: true });
  const config = Object.entries({ ...served, ...options.config }).map(([key, value]) => configLines(key, value));
  await writeFile(join(dir, 'config'), config.join(''), { flag: 'a' });
  if (options.preReceive !== undefined) {
    await mkdir(join(dir, 'hooks'), { recursive: true });
    await writeFile(join(dir, 'hooks', 'pre-receive'), `#!/bin/sh\n${options.preReceive}\n`, { mode: 0o755 });
  }
  const { files } = options;
  if (files !== undefined && !isSmall(files)) await commitFiles(dir, { ...options, files }, env);
}

const states = new Map<string, Promise<string>>();

/** A repository with its first commit where that is small, made once in a process: copying it costs no program. */
function firstState(options: RepoOptions, env: Env): Promise<string> {
  const { branch = 'main', objectFormat = 'sha1', files, message, author, time } = options;
  const commit = files !== undefined && isSmall(files) ? { branch, files, message, author, time } : undefined;
  const key = JSON.stringify([branch, objectFormat, commit]);
  const known = states.get(key);
  if (known !== undefined) return known;
  const made = mkdtemp(join(tmpdir(), 'tagboat-first-')).then(async (dir) => {
    process.once('exit', () => rmSync(dir, { recursive: true, force: true }));
    const what = [`--initial-branch=${branch}`, `--object-format=${objectFormat}`, '--template='];
    await runGit(['init', '--quiet', '--bare', ...what, dir], env);
    if (commit !== undefined) await commitFiles(dir, commit, env);
    return dir;
  });
  states.set(key, made);
  made.catch(() => states.delete(key));
  return made;
}

/** Few files of text: what most repositories begin with, and several may begin with the same. */
function isSmall(files: RepoCommit['files']): files is Readonly<Record<string, string>> {
  if (Symbol.iterator in files) return false;
  const texts = Object.values(files);
  return texts.length < 20 && texts.every((text) => typeof text === 'string' && text.length < 4_096);
}

/** Written straight into the file: a `git config` a key would be a process a key. */
function configLines(key: string, value: string): string {
  const [section, name] = [key.slice(0, key.indexOf('.')), key.slice(key.lastIndexOf('.') + 1)];
  const subsection = key.slice(section.length + 1, -name.length - 1);
  return `[${section}${subsection === '' ? '' : ` ${JSON.stringify(subsection)}`}]\n\t${name} = ${value}\n`;
}

/** Makes a commit with git's fast-import, which takes 100,000 files in about a second. Answers its id. */
export async function commitFiles(dir: string, commit: RepoCommit, env: Env): Promise<string> {
  const ref = `refs/heads/${commit.branch ?? 'main'}`;
  const goesOn = await hasRef(dir, ref);
  const { name, email } = commit.author ?? { name: 'Sandbox', email: 'sandbox@localhost' };
  async function* stream(): AsyncGenerator<Buffer> {
    yield Buffer.from(`commit ${ref}\nmark :1\ncommitter ${name} <${email}> ${commit.time ?? 1_767_225_600} +0000\n`);
    yield data(commit.message ?? 'A commit of the sandbox\n');
    if (goesOn) yield Buffer.from(`from ${ref}^0\n`);
    const files = Symbol.iterator in commit.files ? commit.files : Object.entries(commit.files);
    for (const [path, file] of files) yield change(path, file);
    yield Buffer.from('get-mark :1\n');
  }
  return (await runGit(['-C', dir, 'fast-import', '--quiet', '--date-format=raw'], env, stream())).trim();
}

async function hasRef(dir: string, ref: string): Promise<boolean> {
  if (existsSync(join(dir, ref))) return true;
  const packed = await readFile(join(dir, 'packed-refs'), 'utf8').catch(() => '');
  return packed.split('\n').some((line) => line.endsWith(` ${ref}`));
}

function change(path: string, file: RepoFile | undefined): Buffer {
  // fast-import unquotes paths as C strings, which JSON's escapes of quote, backslash and newline are too.
  const quoted = JSON.stringify(path);
  if (file === undefined) return Buffer.from(`D ${quoted}\n`);
  const { mode, content } =
    typeof file === 'string' || file instanceof Uint8Array ? { mode: '100644', content: file } : file;
  if (mode === '160000') return Buffer.from(`M ${mode} ${content} ${quoted}\n`);
  return Buffer.concat([Buffer.from(`M ${mode} inline ${quoted}\n`), data(content)]);
}

/** fast-import's exact byte count format. */
function data(content: string | Uint8Array): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([Buffer.from(`data ${bytes.byteLength}\n`), bytes, Buffer.from('\n')]);
}

/** Runs git and answers its output. Rejects with what it said when it fails. */
export async function runGit(args: readonly string[], env: Env, stdin?: AsyncIterable<Uint8Array>): Promise<string> {
  const exec = createExec(env);
  const done = await exec({ program: 'git', args, stdin });
  if (done.missing) throw new Error('git is not on the PATH');
  if (done.code !== 0) throw new Error(`git ${args.join(' ')} ended with ${done.code}: ${done.stderr.trim()}`);
  return done.stdout;
}
