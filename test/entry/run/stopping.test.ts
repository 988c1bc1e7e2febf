import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withinTidying } from '../../../src/entry/run/stopping.ts';
import { appEnv, withApp } from '../../scenarios/app-repo.ts';
import { cli, resultOf, town } from '../../support/cli.ts';
import { noHttpBackend, skipNote, tempDir } from '../../support/git-host.ts';

type Kill = (signal: NodeJS.Signals) => void;

/** Options for node that make the process fail outside of everything when it gets SIGUSR2. */
async function failingOnSignal(fault: string): Promise<string> {
  const file = join(await tempDir(), 'fault.mjs');
  await writeFile(file, `process.on('SIGUSR2', () => { ${fault} });\n`);
  return `--import=${file}`;
}

describe.skipIf(noHttpBackend !== undefined)(`a run that is to end early${skipNote}`, () => {
  it.each([
    ['thrown', 'throw new Error("from nowhere");'],
    ['a rejection', 'Promise.reject(new Error("from nowhere"));'],
  ])('ends as a bug, with its result told, when something that nobody catches is %s', async (_, fault) => {
    let kill: Kill = () => undefined;
    const built = await town(
      {},
      {
        git: {
          fault: () => {
            kill('SIGUSR2');
            return { is: 'hang' };
          },
        },
      },
    );
    const env = { ...built.env, NODE_OPTIONS: await failingOnSignal(fault) };
    const done = await cli(['ship', '--json'], {
      cwd: built.app,
      env,
      onStart: (own) => {
        kill = own;
      },
    });
    expect(done.code).toBe(1);
    expect(resultOf(done)).toMatchObject({ exitCode: 1, errors: [{ code: 'BUG', message: 'from nowhere' }] });
    expect(done.stderr).not.toMatch(/\n\s+at /);
    expect(done.events.filter(({ type }) => type === 'result')).toHaveLength(1);
  });

  it('tidies on when a cancelled job is told to end a second time: its token is revoked and its result told', async () => {
    let kill: Kill = () => undefined;
    const { servers, prepare } = withApp(['acme/config']);
    const built = await town(
      {},
      {
        git: {
          fault: ({ isCall }) => {
            if (!isCall) return undefined;
            kill('SIGINT');
            return { is: 'hang' };
          },
        },
        github: {
          ...servers.github,
          fault: ({ method }) => {
            if (method === 'DELETE') kill('SIGTERM');
            return undefined;
          },
        },
      },
    );
    await prepare(built);
    const done = await cli(['ship', '--json'], {
      cwd: built.app,
      env: { ...built.env, ...appEnv(built) },
      onStart: (own) => {
        kill = own;
      },
    });
    expect(resultOf(done)).toMatchObject({ exitCode: 130, errors: [{ code: 'INTERRUPTED' }] });
    expect(done.code).toBe(130);
    expect(built.github.app.liveTokens()).toEqual([]);
  });

  it('leaves behind what does not end by itself in its time', async () => {
    const stop = new AbortController();
    const never = withinTidying(stop.signal, new Promise<never>(() => undefined), 20);
    expect(await withinTidying(stop.signal, Promise.resolve('done'), 0)).toBe('done');
    stop.abort(new Error('stopped'));
    await expect(never).rejects.toThrow('stopped');
  });

  it('ends at once at the second Ctrl-C, whatever its cleaning up waits for', async () => {
    let kill: Kill = () => undefined;
    let revoking = false;
    const { servers, prepare } = withApp(['acme/config']);
    const built = await town(
      {},
      {
        // The first one comes while the config repo is read; then the token's end is never answered.
        git: {
          fault: ({ isCall }) => {
            if (!isCall) return undefined;
            kill('SIGINT');
            return { is: 'hang' };
          },
        },
        github: {
          ...servers.github,
          fault: ({ method }) => {
            if (method !== 'DELETE') return undefined;
            revoking = true;
            // Later than what a terminal and a parent send together.
            setTimeout(() => kill('SIGINT'), 400);
            return 'hang';
          },
        },
      },
    );
    await prepare(built);
    const done = await cli(['ship', '--json'], {
      cwd: built.app,
      env: { ...built.env, ...appEnv(built) },
      onStart: (own) => {
        kill = own;
      },
    });
    expect(revoking).toBe(true);
    expect(done.code).toBe(130);
    expect(done.events.some(({ type }) => type === 'result')).toBe(false);
  });
});
