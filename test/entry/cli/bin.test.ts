import { cpSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createExec } from '../../../src/wire/exec.ts';
import { tempDir } from '../../support/git-host.ts';

const root = resolve(import.meta.dirname, '../../..');
const exec = createExec({ PATH: process.env.PATH });

/** A checkout that was never built, and a link to its program from elsewhere. */
async function checkout(): Promise<{ dir: string; link: string }> {
  const dir = await tempDir();
  for (const part of [
    'bin',
    'scripts',
    'web',
    'src',
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'tagboat.events.schema.json',
  ]) {
    cpSync(join(root, part), join(dir, part), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'));
  const link = join(await tempDir(), 'tagboat');
  symlinkSync(join(dir, 'bin', 'tagboat'), link);
  return { dir, link };
}

describe('bin/tagboat in a checkout', () => {
  it('builds first, through a link and from any folder, though several start at once; then again when a source changed', async () => {
    const { dir, link } = await checkout();
    const start = () => exec({ program: link, args: ['--version'], cwd: '/' });
    for (const { code, stdout, stderr } of await Promise.all([start(), start(), start()])) {
      expect({ code, stdout, stderr }).toMatchObject({ code: 0, stderr: 'tagboat: building from source …\n' });
      expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    }
    expect(readdirSync(join(dir, '.cache'))).toEqual([]);
    expect((await start()).stderr).toBe('');

    // Built again when a source changed, and stdout stays the program's own.
    const file = join(dir, 'src/config/shape/schema.ts');
    writeFileSync(file, "export const configJsonSchema = () => ({ title: 'changed' });\n");
    const later = new Date(Date.now() + 1_000);
    utimesSync(file, later, later);
    const again = await exec({ program: link, args: ['schema'] });
    expect(JSON.parse(again.stdout)).toEqual({ title: 'changed' });
  });
});
