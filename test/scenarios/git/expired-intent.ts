import { expect } from 'vitest';
import { chart, fileAt, isPush, refsOf, valuesWith } from '../../commit/landing.ts';
import { commitAgain, commitHere, missing, queueEmpty, rivalPush, sound } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: "A killed run's intent is old",
  whatHappens: 'Its time is over when the next run lands the queue.',
  whatTheUserSees: 'landed',
  exitCode: 0,
  guarantees: [
    {
      words: 'the old value is never set',
      holds: async ({ host }) => expect(await fileAt(host, 'config')).toBe(valuesWith('a')),
    },
    {
      words: 'the new one is',
      holds: async ({ host }) => expect(await fileAt(host, 'config', 'b.yaml')).toBe('tag: c\n'),
    },
    queueEmpty,
    sound,
  ],
  missing,
  cause: async () => {
    const yesterday = Date.now() - 86_400_000;
    let pushes = 0;
    const killed = await commitHere(
      {
        repo: { files: { ...chart, 'b.yaml': 'tag: a\n' } },
        // The first run is beaten, and so is the second: only then does it land the queue.
        fault: async (request, host) => {
          if (isPush(request) && [1, 3].includes(++pushes)) await rivalPush(host, `other-${pushes}.yaml`);
          return undefined;
        },
      },
      {
        world: ({ clock, http }) => ({
          clock: { ...clock, now: () => yesterday },
          http: async (request) => {
            if (pushes === 2) throw new Error('Killed: nothing goes out any more.');
            return http(request);
          },
        }),
      },
    );
    expect(killed.end.sees).toBe('BUG');
    expect(await refsOf(killed.host, 'config', 'refs/tagboat')).not.toBe('');
    return commitAgain(killed, 'b.yaml:.tag=c');
  },
});
