import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { cli } from '../../support/cli.ts';

it('a shell completes commands, options and their choices', async () => {
  const { code, stdout } = await cli(['completion', 'bash'], { alone: true });
  expect(code).toBe(0);
  expect(stdout).toContain('tagboat complete --');
  expect(spawnSync('bash', ['-n'], { input: stdout }).status).toBe(0);
  const names = async (...words: string[]): Promise<string[]> => {
    const lines = (await cli(['complete', '--', ...words], { alone: true })).stdout.split('\n');
    return lines.map((line) => line.split('\t')[0] ?? '').filter((name) => /^[\w-]+$/.test(name));
  };
  expect(await names('un')).toEqual(['unhold']);
  expect(await names('ship', '--re')).toEqual(['--rebuild', '--ref']);
  expect(await names('completion', '')).toEqual(['bash', 'zsh', 'fish', 'powershell']);
});
