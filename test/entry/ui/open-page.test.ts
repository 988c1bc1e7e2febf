import { mkdir, readdir, readFile, stat, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { openPage } from '../../../src/entry/ui/open-page.ts';
import type { Command } from '../../../src/wire/exec.ts';
import { tempDir } from '../../support/git-host.ts';

const url = 'http://127.0.0.1:4000/#planted-key-0123456789abcdef';
const signal = new AbortController().signal;

it.skipIf(process.platform !== 'linux')(
  'the key is in no argument, but in a file of ours alone that goes again',
  async () => {
    const TMPDIR = await tempDir();
    // What somebody else put there before, in the hope that it is written through.
    await mkdir(join(TMPDIR, 'tagboat-ui-'));
    await symlink('/etc/passwd', join(TMPDIR, 'open.html'));
    const before = await readdir(TMPDIR);
    let opened: string | undefined;
    const exec = async ({ program, args }: Command) => {
      expect(program).toBe('xdg-open');
      expect(args.join(' ')).not.toContain('planted-key');
      [opened] = args;
      const [file, folder] = [await stat(opened ?? ''), await stat(dirname(opened ?? ''))];
      expect([file.mode & 0o777, folder.mode & 0o777]).toEqual([0o600, 0o700]);
      expect(await readFile(opened ?? '', 'utf8')).toContain(`url=${url}`);
      return { code: 0, signal: null, stdout: '', stderr: '', missing: false };
    };
    const remove = await openPage({ env: { DISPLAY: ':0', TMPDIR }, exec, signal }, url);
    expect(opened).toBeDefined();
    await remove();
    await remove();
    expect(await readdir(TMPDIR)).toEqual(before);
  },
);

it.skipIf(process.platform !== 'linux').each([
  ['without a display', {}],
  ['from afar', { DISPLAY: ':0', SSH_CONNECTION: '1 2 3 4' }],
  ['where no file can be written', { DISPLAY: ':0', TMPDIR: '/nonexistent' }],
])('nothing is opened %s', async (_, env) => {
  const exec = async (): Promise<never> => {
    throw new Error('opened');
  };
  await (await openPage({ env, exec, signal }, url))();
});
