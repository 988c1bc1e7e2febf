import { buffer, text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { execSmall } from './exec.ts';
import { start } from './start.ts';

const env = { PATH: process.env.PATH, WORD: 'a word' };
const sh = (script: string) => ({ program: 'sh', args: ['-c', script], env });

describe('a program started by the spawner', () => {
  it('gets its input to the end and gives all of its output, on both streams', async () => {
    const big = Buffer.alloc(3_000_000, 'x');
    const child = start({ ...sh('cat; echo "$WORD" >&2'), stdin: true, stderr: true });
    child.stdin.end(big);
    const [out, err] = await Promise.all([buffer(child.stdout), text(child.stderr ?? child.stdout)]);
    expect(out.equals(big)).toBe(true);
    expect(err).toBe('a word\n');
    expect(await child.closed).toMatchObject({ code: 0, signal: null });
  });

  it('tells its exit code, the signal that ended it, and why it did not start', async () => {
    expect(await execSmall(sh('exit 3'))).toMatchObject({ code: 3, missing: false });
    const child = start({ ...sh('exec sleep 60'), stdin: false, stderr: false });
    child.stdout.resume();
    // At once: it may not even run yet.
    child.kill('SIGTERM');
    expect(await child.closed).toMatchObject({ code: null, signal: 'SIGTERM' });
    expect(await execSmall({ program: 'no-such-program', args: [], env })).toMatchObject({ code: null, missing: true });
  });

  it('may leave its input unread, and one that is let go of ends', async () => {
    async function* much() {
      for (let at = 0; at < 100; at++) yield Buffer.alloc(100_000);
    }
    expect(await execSmall({ ...sh('exit 0'), stdin: much() })).toMatchObject({ code: 0 });
    const child = start({ ...sh('exec yes'), stdin: false, stderr: false });
    child.stdout.destroy();
    expect(await child.closed).toMatchObject({ signal: 'SIGPIPE' });
  });
});
