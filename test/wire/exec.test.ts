import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createExec } from '../../src/wire/exec.ts';
import { startDirectly } from '../support/starter/start.ts';

startDirectly();

const exec = createExec({ PATH: process.env.PATH, FROM_PARENT: 'yes' });
const hasty = createExec({ PATH: process.env.PATH }, { killAfterMs: 200, quietMs: 20 });
const sh = (script: string) => ({ program: '/bin/sh', args: ['-c', script] });

function tempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'tagboat-exec-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** The pid that a script wrote into a file, as soon as it is there. */
async function pidIn(dir: string, name: string): Promise<number> {
  const watcher = watch(dir);
  try {
    for (;;) {
      const text = existsSync(join(dir, name)) ? readFileSync(join(dir, name), 'utf8').trim() : '';
      if (text !== '') return Number(text);
      await once(watcher, 'change');
    }
  } finally {
    watcher.close();
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie that nobody has reaped yet is dead.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

describe('a child', () => {
  it('gives back its exit code and what it said', async () => {
    expect(await exec(sh('echo out; echo err >&2; exit 3'))).toEqual({
      code: 3,
      signal: null,
      stdout: 'out\n',
      stderr: 'err\n',
      missing: false,
      truncated: false,
    });
  });

  it('that a signal ended tells which', async () => {
    expect(await exec(sh('kill -9 $$'))).toMatchObject({ code: null, signal: 'SIGKILL' });
  });

  it('gets its arguments as they are, without a shell', async () => {
    const { stdout } = await exec({ program: 'printf', args: ['%s|', '$HOME', 'a b', '`id`', ';', ''] });
    expect(stdout).toBe('$HOME|a b|`id`|;||');
  });

  it('sees the environment handed in and nothing of the test run', async () => {
    const { stdout } = await exec({ ...sh('env | sort'), env: { MORE: '1', FROM_PARENT: undefined } });
    expect(stdout).toContain('MORE=1');
    expect(stdout).not.toContain('FROM_PARENT');
    expect(stdout).not.toContain('VITEST');
  });

  it('sees an environment made for its program', async () => {
    const made = createExec((program) => ({ PATH: process.env.PATH, FOR: program }));
    expect((await made({ ...sh('echo $FOR') })).stdout).toBe('/bin/sh\n');
  });

  it('that is no program is missing, not an exception', async () => {
    const dir = tempDir();
    writeFileSync(join(dir, 'not-executable'), 'x', { mode: 0o644 });
    for (const program of ['no-such-program-here', join(dir, 'not-executable')]) {
      expect(await exec({ program, args: [] })).toMatchObject({ missing: true, code: null });
      expect(await exec({ program, args: [], cwd: dir })).toMatchObject({ missing: true, code: null });
    }
  });

  it('in a folder that is not there is a failure, not a missing program', async () => {
    await expect(exec({ ...sh('true'), cwd: join(tempDir(), 'gone') })).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('ends although something it left behind holds its output open', async () => {
    const dir = tempDir();
    const finished = await hasty({ ...sh('sleep 600 & echo $! > pid; echo said'), cwd: dir });
    const left = await pidIn(dir, 'pid');
    onTestFinished(() => {
      process.kill(left, 'SIGKILL');
    });
    expect(finished).toMatchObject({ code: 0, stdout: 'said\n' });
    // Nobody has stopped it: what it started is its own affair.
    expect(alive(left)).toBe(true);
  });
});

describe('its output', () => {
  it('comes line by line, whatever the pieces and the ends of line', async () => {
    const lines: string[] = [];
    const onLine = (line: string, stream: string) => lines.push(`${stream}: ${line}`);
    await exec({ ...sh('printf "a\\r\\nb\\n\\nlast"'), onLine });
    expect(lines).toEqual(['stdout: a', 'stdout: b', 'stdout: ', 'stdout: last']);
  });

  it('keeps letters whole that arrive in two pieces', async () => {
    const lines: string[] = [];
    const script =
      'process.stdout.write(Buffer.from([0xc3])); setTimeout(() => process.stdout.write(Buffer.from([0xa9])), 50)';
    const { stdout } = await exec({
      program: process.execPath,
      args: ['-e', script],
      onLine: (line) => lines.push(line),
    });
    expect(lines).toEqual(['é']);
    expect(stdout).toBe('é');
  });

  it('may have lines of any length, of which no more is handed on than is asked for', async () => {
    const longest = async (longestLine?: number) => {
      const lines: string[] = [];
      const how = longestLine === undefined ? {} : { longestLine };
      await exec({
        ...sh('head -c 300000 /dev/zero | tr "\\0" x; echo end'),
        onLine: (line) => lines.push(line),
        ...how,
      });
      expect(lines).toHaveLength(1);
      expect(lines[0]?.endsWith('xend')).toBe(true);
      return lines[0]?.length ?? 0;
    };
    expect(await longest()).toBeLessThan(200_000);
    expect(await longest(400_000)).toBe(300_003);
  });

  it('is kept from its end, and says when the beginning is missing', async () => {
    const script = 'i=0; while [ $i -lt 20000 ]; do echo "line $i"; i=$((i+1)); done';
    const finished = await exec({ ...sh(script), keep: 100 });
    expect(finished.truncated).toBe(true);
    expect(Buffer.byteLength(finished.stdout)).toBe(100);
    expect(finished.stdout.endsWith('line 19999\n')).toBe(true);
    expect((await exec({ ...sh('printf 12345'), keep: 5 })).truncated).toBe(false);
    const said = await exec({ ...sh('printf 123456 >&2'), keep: 5 });
    expect(said).toMatchObject({ stderr: '23456', truncated: true });
    const much = await exec(sh('head -c 1048577 /dev/zero'));
    expect([much.stdout.length, much.truncated]).toEqual([1_048_576, true]);
  });
});

describe('its input', () => {
  it('is a string, bytes, or a stream', async () => {
    async function* stream() {
      yield Buffer.from('one ');
      yield Buffer.from('two');
    }
    for (const stdin of ['one two', Buffer.from('one two'), stream()]) {
      expect(await exec({ ...sh('cat'), stdin })).toMatchObject({ code: 0, stdout: 'one two' });
    }
  });

  it('is none where none is given', async () => {
    expect(await exec(sh('cat; echo over'))).toMatchObject({ code: 0, stdout: 'over\n' });
  });

  it('need not be read', async () => {
    expect(await exec({ ...sh('exit 4'), stdin: 'x'.repeat(1_000_000) })).toMatchObject({ code: 4 });
  });

  it('that breaks off is never taken for all of it', async () => {
    const own = new Error('the context could not be read');
    async function* breaking() {
      yield Buffer.from('half');
      throw own;
    }
    await expect(exec({ ...sh('cat > /dev/null; exit 0'), stdin: breaking() })).rejects.toBe(own);
    // Nor is a child waited for that doesn't ask for the rest.
    await expect(exec({ ...sh('exec sleep 600'), stdin: breaking() })).rejects.toBe(own);
  });
});

describe('a stop', () => {
  const reason = new Error('interrupted');

  it('that a child ignores comes once, and after a while it is killed', async () => {
    const abort = new AbortController();
    const lines: string[] = [];
    const again = new AbortController();
    async function* stdin() {
      yield Buffer.from('some');
      await once(again.signal, 'abort');
      throw new Error('one more reason to stop');
    }
    const onLine = (line: string) => {
      lines.push(line);
      if (line === 'ready') abort.abort(reason);
      if (line === 'asked') again.abort();
    };
    const script = `trap 'echo asked' TERM; echo ready; while :; do sleep 0.02; done`;
    const running = hasty({ ...sh(script), signal: abort.signal, stdin: stdin(), onLine });
    await expect(running).rejects.toBe(reason);
    expect(lines.filter((line) => line === 'asked').length).toBeLessThan(2);
  });

  it('after the end reaches nobody: the id may be another’s by then', async () => {
    const late = new AbortController();
    const failed = new AbortController();
    async function* stdin() {
      yield Buffer.from('some');
      try {
        await once(late.signal, 'abort');
        throw new Error('the rest could not be read');
      } finally {
        setImmediate(() => failed.abort());
      }
    }
    expect(await exec({ ...sh('exit 4'), stdin: stdin() })).toMatchObject({ code: 4 });
    const { kill } = process;
    onTestFinished(() => {
      process.kill = kill;
    });
    const kills: unknown[] = [];
    process.kill = (...args) => {
      kills.push(args);
      return true;
    };
    const over = once(failed.signal, 'abort');
    late.abort();
    await over;
    expect(kills).toEqual([]);
  });

  it('before the start: nothing runs', async () => {
    const dir = tempDir();
    const stopped = exec({ ...sh('touch ran'), cwd: dir, signal: AbortSignal.abort(reason) });
    await expect(stopped).rejects.toBe(reason);
    expect(existsSync(join(dir, 'ran'))).toBe(false);
  });

  it('reaches the child and all that it has started', async () => {
    const dir = tempDir();
    const abort = new AbortController();
    // The grandchild ignores the polite signal.
    const script = `(trap '' TERM; echo $$ > ignored; while :; do sleep 1; done) & echo $! > grandchild; wait`;
    const running = exec({ ...sh(script), cwd: dir, signal: abort.signal });
    running.catch(() => undefined);
    const grandchild = await pidIn(dir, 'grandchild');
    await pidIn(dir, 'ignored');
    expect(alive(grandchild)).toBe(true);
    abort.abort(reason);
    await expect(running).rejects.toBe(reason);
    await expect.poll(() => alive(grandchild)).toBe(false);
  });

  it('lets the child clean up first', async () => {
    const dir = tempDir();
    const abort = new AbortController();
    const script = `trap 'echo cleaned > done; exit 0' TERM; echo $$ > pid; while :; do sleep 0.05; done`;
    const running = exec({ ...sh(script), cwd: dir, signal: abort.signal });
    running.catch(() => undefined);
    await pidIn(dir, 'pid');
    abort.abort(reason);
    await expect(running).rejects.toBe(reason);
    expect(readFileSync(join(dir, 'done'), 'utf8')).toBe('cleaned\n');
  });

  it('comes by itself when the time is over', async () => {
    expect(await exec({ ...sh('echo begun; exec sleep 600'), timeoutMs: 300 })).toMatchObject({
      code: null,
      signal: 'timeout',
    });
  });
});
