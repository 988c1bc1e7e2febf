import { describe, expect, it } from 'vitest';
import type { GitHost, GitHostFault, GitHostRequest } from '../../../src/sandbox/git-host/git-host.ts';
import { gitHost, noHttpBackend, skipNote } from '../../support/git-host.ts';
import { jumpingClock, testWorld } from '../../support/world.ts';
import {
  addHook,
  chart,
  deliveryTo,
  fileAt,
  isPush,
  isSound,
  land,
  landed,
  pushesIn,
  quickWorld,
  saysNo,
  setTag,
  tipOf,
  valuesWith,
} from '../landing.ts';

/** A host on which something happens to pushes, each time with the push's number from 1. */
async function hostWhere(
  happens: (
    push: number,
    host: GitHost,
    request: GitHostRequest,
  ) => Promise<GitHostFault | undefined> | GitHostFault | undefined,
): Promise<GitHost> {
  let pushes = 0;
  const host: GitHost = await gitHost({
    fault: (request) => (isPush(request) ? happens(++pushes, host, request) : undefined),
  });
  return host;
}

const lostAfter: GitHostFault = { is: 'cut', bytes: 0 };

describe.skipIf(noHttpBackend !== undefined)(`landing beside others${skipNote}`, () => {
  it('edits again on the new tip when somebody else was faster', async () => {
    const host = await hostWhere(async (push) => {
      if (push < 3) await host.commit('config', { files: { [`other-${push}.yaml`]: 'x: 1\n' } });
      return undefined;
    });
    const url = await host.createRepo('config', { files: chart });
    const world = quickWorld();
    const outcome = landed(await land(deliveryTo(url), world));
    expect(outcome.attempts).toBe(3);
    expect(await host.git('config', 'ls-tree', '--name-only', 'main')).toContain('other-2.yaml');
    expect(await fileAt(host, 'config')).toBe(valuesWith('b'));
    expect(await host.git('config', 'rev-list', '--count', 'main')).toBe('4\n');
    const beaten = world.events.filter(({ type }) => type === 'commit.beaten');
    expect(beaten).toMatchObject([
      { delivery: 'production', attempt: 1, waitMs: 50 },
      { delivery: 'production', attempt: 2, tip: outcome.parent, waitMs: 100 },
    ]);
    await isSound(host, 'config');
  });

  it('keeps what others changed in the same file meanwhile', async () => {
    const theirs = valuesWith('a').replace('replicas: 2', 'replicas: 5');
    const host = await hostWhere(async (push) => {
      if (push === 1) await host.commit('config', { files: { 'main/values.yaml': theirs } });
      return undefined;
    });
    const url = await host.createRepo('config', { files: chart });
    landed(await land(deliveryTo(url)));
    expect(await fileAt(host, 'config')).toBe(valuesWith('b').replace('replicas: 2', 'replicas: 5'));
  });

  it('reads only what has changed, on the new tip', async () => {
    const host = await hostWhere(async (push) => {
      if (push === 1) await host.commit('config', { files: { 'other.yaml': 'x: 1\n' } });
      return undefined;
    });
    const url = await host.createRepo('config', { files: chart });
    landed(await land(deliveryTo(url)));
    // 4 for the first try; where the branch is now, which a wait shorter than such a look doesn't make old; the new root; the
    // push; whether it is there.
    expect(host.requests).toHaveLength(4 + 1 + 1 + 1 + 1);
  });

  it('does nothing more when the other one has set the same values', async () => {
    const host = await hostWhere(async (push) => {
      if (push === 1) await host.commit('config', { files: { 'main/values.yaml': valuesWith('b') } });
      return undefined;
    });
    const url = await host.createRepo('config', { files: chart });
    expect(await land(deliveryTo(url))).toMatchObject({ is: 'unchanged', tip: await tipOf(host, 'config') });
    expect(pushesIn(host)).toHaveLength(1);
  });

  it('reads afresh when the branch was rewound to another history', async () => {
    const host = await hostWhere(async (push) => {
      if (push > 1) return undefined;
      await host.git('config', 'update-ref', '-d', 'refs/heads/main');
      await host.commit('config', { files: { ...chart, 'new.yaml': 'x: 1\n' }, message: 'Begin again\n' });
      return undefined;
    });
    const url = await host.createRepo('config', { files: chart });
    landed(await land(deliveryTo(url)));
    expect(await host.git('config', 'rev-list', '--count', 'main')).toBe('2\n');
    expect(await fileAt(host, 'config')).toBe(valuesWith('b'));
  });

  it('gives up when others were faster for the whole budget', async () => {
    const host = await hostWhere(async (push) => {
      await host.commit('config', { files: { other: `${push}` } });
      return undefined;
    });
    const url = await host.createRepo('config', { files: chart });
    const landing = land(deliveryTo(url), quickWorld(), undefined, { budgetMs: 1_000 });
    await expect(landing).rejects.toMatchObject({ code: 'LAND_TIMED_OUT', exitCode: 6, data: { branch: 'main' } });
    expect(pushesIn(host).length).toBeGreaterThan(2);
    expect(await fileAt(host, 'config')).toBe(chart['main/values.yaml']);
    await isSound(host, 'config');
  });

  it('lands every one of eight writers at once, each exactly once', async () => {
    const host = await gitHost();
    const names = Array.from({ length: 8 }, (_, at) => `apps/app-${at}/values.yaml`);
    const files = { ...chart, ...Object.fromEntries(names.map((name) => [name, 'tag: a\n'])) };
    const url = await host.createRepo('config', { files });
    const outcomes = await Promise.all(
      names.map((name, at) => {
        const world = testWorld({ clock: jumpingClock(), random: Math.random });
        return land(deliveryTo(url, setTag(`v${at}`, name, '.tag')), world);
      }),
    );
    for (const outcome of outcomes) landed(outcome);
    expect(await host.git('config', 'rev-list', '--count', 'main')).toBe('9\n');
    for (const [at, name] of names.entries()) expect(await fileAt(host, 'config', name)).toBe(`tag: v${at}\n`);
    await isSound(host, 'config');
  });
});

describe.skipIf(noHttpBackend !== undefined)(`a push whose reply is lost${skipNote}`, () => {
  it('has landed when the tip is its commit', async () => {
    const host = await hostWhere((push) => (push === 1 ? lostAfter : undefined));
    const url = await host.createRepo('config', { files: chart });
    const outcome = landed(await land(deliveryTo(url)));
    expect(outcome.commit).toBe(await tipOf(host, 'config'));
    expect(pushesIn(host)).toHaveLength(1);
    expect(await host.git('config', 'rev-list', '--count', 'main')).toBe('2\n');
  });

  it('has landed when its commit is below what others have landed since', async () => {
    let lost = false;
    const host: GitHost = await gitHost({
      fault: async (request) => {
        if (isPush(request)) {
          lost = true;
          return lostAfter;
        }
        if (!lost) return undefined;
        lost = false;
        for (const name of ['one', 'two']) await host.commit('config', { files: { [name]: name } });
        return undefined;
      },
    });
    const url = await host.createRepo('config', { files: chart });
    const outcome = landed(await land(deliveryTo(url)));
    expect(outcome.commit).toBe(await tipOf(host, 'config', 'main~2'));
    expect(outcome.commit).not.toBe(await tipOf(host, 'config'));
    expect(await host.git('config', 'rev-list', '--count', 'main')).toBe('4\n');
  });

  it('is found below others on a host that filters nothing, too', async () => {
    let lost = false;
    const host: GitHost = await gitHost({
      fault: async (request) => {
        if (isPush(request)) {
          lost = true;
          return lostAfter;
        }
        if (!lost) return { is: 'oldProtocol' };
        lost = false;
        await host.commit('config', { files: { other: 'x' } });
        return { is: 'oldProtocol' };
      },
    });
    const url = await host.createRepo('config', { files: chart, config: { 'uploadpack.allowFilter': 'false' } });
    const outcome = landed(await land(deliveryTo(url)));
    expect(outcome.commit).toBe(await tipOf(host, 'config', 'main~1'));
    expect(await host.git('config', 'rev-list', '--count', 'main')).toBe('3\n');
  });

  it('is made again, the very same commit, when the branch has not moved', async () => {
    const host = await hostWhere((push) => (push === 1 ? { is: 'answer', status: 502 } : undefined));
    const url = await host.createRepo('config', { files: chart });
    const outcome = landed(await land(deliveryTo(url)));
    expect(outcome.attempts).toBe(2);
    expect(await host.git('config', 'rev-list', '--count', 'main')).toBe('2\n');
    expect(outcome.commit).toBe(await tipOf(host, 'config'));
  });

  it('is edited again when it was lost on its way and others have landed since', async () => {
    const host = await hostWhere(async (push) => {
      if (push > 1) return undefined;
      await host.commit('config', { files: { other: 'x' } });
      return { is: 'answer', status: 504 };
    });
    const url = await host.createRepo('config', { files: chart });
    const outcome = landed(await land(deliveryTo(url)));
    expect(outcome.attempts).toBe(2);
    expect(await host.git('config', 'rev-list', '--count', 'main')).toBe('3\n');
  });

  it('is cut in the middle of its report and has landed all the same', async () => {
    for (const bytes of [4, 9, 20]) {
      const host = await hostWhere((push) => (push === 1 ? { is: 'cut', bytes } : undefined));
      const url = await host.createRepo('config', { files: chart });
      expect(landed(await land(deliveryTo(url))).commit).toBe(await tipOf(host, 'config'));
      expect(await host.git('config', 'rev-list', '--count', 'main')).toBe('2\n');
    }
  });

  it('was taken although the server says otherwise, and is found below others too', async () => {
    const host = await hostWhere((push) => (push === 1 ? saysNo : undefined));
    const url = await host.createRepo('config', { files: chart });
    const next = 'git update-ref refs/heads/main $(git commit-tree -p main -m other main^{tree})';
    const people = 'export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a';
    await addHook(host, 'post-receive', `${people}\n${next}\n`);
    const outcome = landed(await land(deliveryTo(url)));
    expect(outcome.commit).toBe(await tipOf(host, 'config', 'main~1'));
    expect(pushesIn(host)).toHaveLength(1);
  });

  it('was taken although the server says otherwise, and counts as landed', async () => {
    // As when a proxy sends a push twice: the second one finds the branch moved, and that answer comes back.
    const host = await hostWhere(() => saysNo);
    const url = await host.createRepo('config', { files: chart });
    expect(landed(await land(deliveryTo(url))).commit).toBe(await tipOf(host, 'config'));
  });
});

describe.skipIf(noHttpBackend !== undefined)(`an interrupt${skipNote}`, () => {
  it.each([1, 2, 3])('before request %i is over leaves nothing half done', async (number) => {
    const world = quickWorld();
    const host = await gitHost({
      fault: (request) => {
        if (request.number === number) world.abort(new Error('SIGINT'));
        return undefined;
      },
    });
    const url = await host.createRepo('config', { files: chart });
    const tip = await tipOf(host, 'config');
    await expect(land(deliveryTo(url), world)).rejects.toThrow('SIGINT');
    expect(await tipOf(host, 'config')).toBe(tip);
    expect(pushesIn(host)).toEqual([]);
    await isSound(host, 'config');
  });

  it('while the push is under way waits for its end, and tells that it landed', async () => {
    const world = testWorld();
    const host = await hostWhere(() => {
      world.abort(new Error('SIGINT'));
      return undefined;
    });
    const url = await host.createRepo('config', { files: chart });
    landed(await land(deliveryTo(url), world));
    expect(await fileAt(host, 'config')).toBe(valuesWith('b'));
  });

  it('while a push hangs does not wait for ever', async () => {
    const world = quickWorld();
    const host = await hostWhere(() => {
      world.abort(new Error('SIGINT'));
      return { is: 'hang' };
    });
    const url = await host.createRepo('config', { files: chart });
    await expect(land(deliveryTo(url), world)).rejects.toThrow('SIGINT');
    await isSound(host, 'config');
  });

  it('while it waits for its next try ends the wait', async () => {
    const world = testWorld();
    const host = await hostWhere(async () => {
      await host.commit('config', { files: { other: 'x' } });
      return undefined;
    });
    const url = await host.createRepo('config', { files: chart });
    const landing = expect(land(deliveryTo(url), world)).rejects.toThrow('SIGINT');
    while (world.clock.waiting() === 0) await new Promise((resolve) => setImmediate(resolve));
    world.abort(new Error('SIGINT'));
    await landing;
    expect(await fileAt(host, 'config')).toBe(chart['main/values.yaml']);
  });
});
