// A folder in memory for what tests write.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';

const memory = '/dev/shm';
const name = 'tagboat-tests-';
const gib = 2 ** 30;

/**
 * The variables that make tests keep their repositories and registries in memory: they write some ten thousand small
 * files, and a disk takes more than half of the time for it. None where the caller has said where to, where memory is
 * short, or where a folder in memory runs no programs. The folder ends with this process.
 */
export function tempInMemory() {
  if (process.env.TMPDIR !== undefined) return {};
  const temp = join(memory, `${name}${process.pid}`);
  const remove = () => rmSync(temp, { recursive: true, force: true });
  try {
    const { bsize, bavail } = statfsSync(memory);
    if (bsize * bavail < 4 * gib || totalmem() < 8 * gib) return {};
    removeLeftovers();
    mkdirSync(temp);
    process.once('exit', remove);
    const program = join(temp, 'program');
    writeFileSync(program, '#!/bin/sh\n', { mode: 0o755 });
    if (spawnSync(program).status === 0) return { TMPDIR: temp };
  } catch {}
  remove();
  return {};
}

/** A run that was killed could not remove its folder. */
function removeLeftovers() {
  for (const entry of readdirSync(memory)) {
    if (entry.startsWith(name) && !runs(Number(entry.slice(name.length)))) {
      rmSync(join(memory, entry), { recursive: true, force: true });
    }
  }
}

function runs(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}
