import type { IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { GitHostAnswer } from '../../src/sandbox/git-host/git-host.ts';
import { runGit } from '../../src/sandbox/git-host/repo.ts';
import type { Env } from '../../src/wire/world.ts';

/** How servers that aren't git's own read a fetch. */
export type Quirk =
  /** JGit: a filter's depth counts from the ids that are asked for, so `tree:0` leaves folders and files out. */
  | { readonly is: 'filtersIds' }
  /** Dulwich, Azure DevOps: clients of version 0 that don't name these capabilities are refused. */
  | { readonly is: 'demands'; readonly capabilities: readonly string[] }
  /** A fetch with such a line gets this answer. */
  | { readonly is: 'refuses'; readonly line: RegExp; readonly answer: GitHostAnswer };

const emptyPack = Buffer.from('5041434b0000000200000000029d08823bd8a8eab510ad6ac75c823cfd3ed31e', 'hex');
const emptyAnswer: GitHostAnswer = {
  status: 200,
  headers: { 'content-type': 'application/x-git-upload-pack-result' },
  body: Buffer.concat([Buffer.from('000dpackfile\n0025\x01'), emptyPack, Buffer.from('0000')]),
};

/** The body of a fetch as git is to see it, undefined for its own; or the answer to it. */
export async function readOddly(
  quirks: readonly Quirk[],
  incoming: IncomingMessage,
  repo: string,
  env: Env,
): Promise<GitHostAnswer | { readonly body: Buffer | undefined }> {
  if (quirks.length === 0) return { body: undefined };
  let body = (await buffer(incoming)).toString('latin1');
  for (const quirk of quirks) {
    const read = quirk.is === 'filtersIds' ? await filterIds(body, repo, env) : refuse(quirk, body);
    if (typeof read === 'object') return read;
    body = read ?? body;
  }
  return { body: Buffer.from(body, 'latin1') };
}

function refuse(quirk: Exclude<Quirk, { is: 'filtersIds' }>, body: string): GitHostAnswer | undefined {
  if (quirk.is === 'refuses') return quirk.line.test(body) ? quirk.answer : undefined;
  const named = /^[0-9a-f]{4}want [0-9a-f]+ ([^\n]*)/.exec(body)?.[1]?.split(' ');
  const missing = quirk.capabilities.filter((name) => named !== undefined && !named.includes(name));
  return missing.length === 0 ? undefined : { status: 500, body: `The client lacks ${missing.join(' ')}.\n` };
}

async function filterIds(body: string, repo: string, env: Env): Promise<string | GitHostAnswer | undefined> {
  const depth = /filter tree:([01])\n/.exec(body)?.[1];
  const wants = body.match(/[0-9a-f]{4}want [0-9a-f]+\n/g) ?? [];
  if (depth === undefined || wants.length === 0) return undefined;
  const types = await objectTypes(
    wants.map((line) => line.slice(9, -1)),
    repo,
    env,
  );
  const below = wants.filter((_, at) => types[at] !== 'commit');
  // Git's word for "these and nothing below them" is 0.
  if (depth === '1') return below.length === 0 ? undefined : body.replace('filter tree:1', 'filter tree:0');
  return below.length === wants.length ? emptyAnswer : below.reduce((left, line) => left.replace(line, ''), body);
}

/** The types of objects, in their order. */
async function objectTypes(ids: readonly string[], repo: string, env: Env): Promise<readonly string[]> {
  async function* stdin(): AsyncGenerator<Buffer> {
    yield Buffer.from(`${ids.join('\n')}\n`);
  }
  const listed = await runGit(['-C', repo, 'cat-file', '--batch-check'], env, stdin());
  return listed.split('\n').map((line) => line.split(' ')[1] ?? '');
}
