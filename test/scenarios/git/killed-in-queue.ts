import { expect } from 'vitest';
import { chart, fileAt, refsOf, shared } from '../../commit/landing.ts';
import { commitAgain, commitByCli, landedOnce, missing, queueEmpty, signalledInQueue, sound } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'A run is killed while it waits in the queue',
  whatHappens:
    'SIGKILL after its intent was published; then another run comes, whose config repo lists the file for all writers.',
  whatTheUserSees: 'landed',
  exitCode: 0,
  guarantees: [
    landedOnce,
    {
      words: 'the other value is there too, by a commit of its own',
      holds: async ({ host }) => {
        expect(await fileAt(host, 'config', 'b.yaml')).toBe('tag: c\n');
        expect(await host.git('config', 'rev-list', '--count', 'main')).toBe('4\n');
      },
    },
    queueEmpty,
    sound,
  ],
  missing,
  cause: async () => {
    const [setting, run] = signalledInQueue('SIGKILL');
    const killed = await commitByCli(
      { ...setting, repo: { files: { ...chart, ...shared, 'b.yaml': 'tag: a\n' } } },
      run,
    );
    expect(killed.end.exitCode).toBe(null);
    expect(await refsOf(killed.host, 'config', 'refs/tagboat')).not.toBe('');
    return commitAgain(killed, 'b.yaml:.tag=c');
  },
});
