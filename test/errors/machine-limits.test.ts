import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { machineLimits } from '../../src/errors/entry.ts';
import { reportOf } from '../../src/errors.ts';
import { cli, resultOf } from '../support/cli.ts';
import { git, tempDir } from '../support/git-host.ts';

it.each(Object.keys(machineLimits))('%s of the machine is no fault in Tagboat, wherever it is met', (code) => {
  const error = Object.assign(new Error(`spawn git ${code}`), { code, syscall: 'spawn git' });
  expect(reportOf(error)).toMatchObject({ code: 'MACHINE_LIMIT', exitCode: 2 });
});

const limited = (limit: string) => ['sh', '-c', `ulimit ${limit} && exec "$@"`, 'sh'] as const;
const isThere = ['-n 25', '-f 1'].every((limit) => {
  const [program, ...args] = limited(limit);
  return spawnSync(program, [...args, 'true'], { stdio: 'ignore' }).status === 0;
});

describe.skipIf(!isThere)(
  `a process whose shell limits${isThere ? '' : ' [skipped: a sh with ulimit -n and -f]'}`,
  () => {
    it('how many files it has open ends with that, not as a bug', async () => {
      const dir = await tempDir();
      await git(dir, 'init', '--quiet', '--initial-branch=main');
      // Enough for Node and for reading files (20), too few for the pipes of git (31).
      const done = await cli(['plan', '--json'], { cwd: dir, within: limited('-n 25') });
      expect(done.code).toBe(2);
      expect(resultOf(done).errors.map(({ code }) => code)).toEqual(['MACHINE_LIMIT']);
    });

    it('how large a file may be keeps the file as it is, and leaves no other one', async () => {
      const dir = await tempDir();
      const text = `a: 1\n# ${'x'.repeat(10_000)}\n`;
      writeFileSync(join(dir, 'v.yaml'), text);
      const done = await cli(['edit', 'v.yaml', '.a=2', '--json'], { cwd: dir, within: limited('-f 1') });
      expect(done.code).toBe(6);
      expect(resultOf(done).errors.map(({ code }) => code)).toEqual(['EDIT_NOT_WRITTEN']);
      expect(readdirSync(dir)).toEqual(['v.yaml']);
      expect(readFileSync(join(dir, 'v.yaml'), 'utf8')).toBe(text);
    });
  },
);
