import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createExec } from '../../../src/wire/exec.ts';
import { cli, resultOf } from '../../support/cli.ts';
import { tempDir } from '../../support/git-host.ts';

// npm needs what the machine says of proxies and certificate authorities.
const exec = createExec(process.env);
const kept = resolve(import.meta.dirname, '../../../.cache/node');

/** A Node of that version from npm's package of it, installed once a checkout. */
async function node(version: string): Promise<string> {
  const dir = join(kept, version);
  const program = join(dir, 'node_modules/node/bin/node');
  if (existsSync(program)) return program;
  const npm = { program: 'npm', args: ['install', '--prefix', dir, '--no-audit', '--no-fund', `node@${version}`] };
  const { code, stderr } = await exec({ ...npm, cwd: await tempDir() });
  expect(code, stderr).toBe(0);
  return program;
}

describe('the command line on each Node that is supported', { timeout: 400_000 }, () => {
  it.each([
    '20.19',
    '22',
    '24',
  ])('delivers five times and says nothing but its own words on Node %s', async (version) => {
    const program = await node(version);
    expect((await exec({ program, args: ['--version'] })).stdout).toMatch(
      new RegExp(`^v${version.replace('.', '\\.')}\\.`),
    );
    const schema = await cli(['schema'], { node: program });
    expect(schema.stdout).toBe((await cli(['schema'])).stdout);
    // The demo signs in, builds, pushes, lands, waits for the verdict and rolls back, on real servers.
    const done = await cli(['demo', '--exit', '--json'], { node: program, env: { TMPDIR: await tempDir() } });
    expect([done.code, done.stderr]).toEqual([0, '']);
    expect(resultOf(done)).toMatchObject({ exitCode: 0, errors: [] });
  });
});
