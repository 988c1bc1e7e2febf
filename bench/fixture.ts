import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createBareRepo } from '../src/sandbox/git-host/repo.ts';
import { importStream, type Target } from './config-repo.ts';
import { run } from './process.ts';

const history = 20;

/** The bare repo of `count` files, made once and kept in `cache`. */
export async function baseRepo(cache: string, count: number): Promise<string> {
  const dir = join(cache, `config-${count}-${generation()}.git`);
  if (existsSync(dir)) return dir;
  const draft = `${dir}.draft`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });
  // Served as the sandbox serves its own; housekeeping of one run would land on the next one's clock.
  await createBareRepo(draft, {}, process.env);
  await fastImport(draft, count);
  // Hosts keep repositories packed; what fast-import leaves behind would make every flow pay for bad deltas.
  await run({ argv: ['git', '-C', draft, 'repack', '-adfq', '--write-bitmap-index'] });
  renameSync(draft, dir);
  return dir;
}

/** A copy that a run may push to. Objects are hard links: git never writes into a file that has its name. */
export async function freshCopy(base: string, to: string): Promise<void> {
  rmSync(to, { recursive: true, force: true });
  await run({ argv: ['cp', '-al', base, to] });
}

/**
 * Throws unless exactly one commit came on top of the base and it changed exactly the target's line to `value`:
 * a flow that does less than the others would win.
 */
export async function assertLanded(base: string, repo: string, target: Target, value: string): Promise<void> {
  const git = async (dir: string, ...args: string[]) =>
    (await run({ argv: ['git', '-C', dir, ...args] })).stdout.trim();
  const [before, parent] = [await git(base, 'rev-parse', 'main'), await git(repo, 'rev-parse', 'main^')];
  if (before !== parent) throw new Error(`The tip's parent is ${parent}, not ${before}.`);
  const numbers = await git(repo, 'diff', '--numstat', 'main^', 'main');
  if (numbers !== `1\t1\t${target.file}`) throw new Error(`More or less than one line changed: ${numbers}`);
  const file = await git(repo, 'show', `main:${target.file}`);
  const found = new RegExp(`^${target.section}:\\n(?: .*\\n)*?  ${target.key}: (.*)$`, 'm').exec(file)?.[1];
  if (found !== value) throw new Error(`${target.file} says ${found}, not ${value}.`);
}

async function fastImport(dir: string, count: number): Promise<void> {
  const child = spawn('git', ['-C', dir, 'fast-import', '--quiet', '--done'], { stdio: ['pipe', 'ignore', 'inherit'] });
  const ended = new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`git fast-import ended with ${code}`))));
  });
  await Promise.all([pipeline(Readable.from(importStream(count, history)), child.stdin), ended]);
}

/** Changes whenever what the generator writes does, so that a kept repo is never an old one. */
function generation(): string {
  const hash = createHash('sha256');
  for (const part of importStream(64, history)) hash.update(part);
  return hash.digest('hex').slice(0, 8);
}
