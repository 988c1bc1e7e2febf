import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { World } from '../../wire/world.ts';

/**
 * Shows an address in a browser where there is a display. Everybody on the machine sees a program's arguments, so the
 * address with its key stands in a file that only its owner reads. Answers how that file is removed. That nothing opens
 * keeps nobody from opening the address that is printed.
 */
export async function openPage({ env, exec, signal }: Pick<World, 'env' | 'exec' | 'signal'>, url: string) {
  const none = async (): Promise<void> => undefined;
  const hasDisplay = process.platform !== 'linux' || !!(env.DISPLAY || env.WAYLAND_DISPLAY);
  if (!hasDisplay || env.SSH_CONNECTION !== undefined) return none;
  try {
    // A folder of a name that nobody knows before, which only we may enter: nothing can be planted in it.
    const dir = await mkdtemp(join(env.TMPDIR || tmpdir(), 'tagboat-ui-'));
    const file = join(dir, 'open.html');
    await writeFile(file, redirectTo(url), { mode: 0o600, flag: 'wx' });
    const program = process.platform === 'darwin' ? 'open' : process.platform === 'win32' ? 'explorer' : 'xdg-open';
    await exec({ program, args: [file], signal, timeoutMs: 5_000 }).catch(() => undefined);
    return () => rm(dir, { recursive: true, force: true });
  } catch {
    return none;
  }
}

function redirectTo(url: string): string {
  return `<!doctype html>
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url=${url}">
<title>Tagboat</title>
<a href="${url}">The dashboard</a>
`;
}
