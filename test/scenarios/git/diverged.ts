import { expect } from 'vitest';
import { git } from '../../support/git-host.ts';
import { missing, shipAgain, shipByCli } from '../app-repo.ts';
import { tells } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'The app repo was force-pushed',
  whatHappens: 'The delivered commit is neither older nor newer than ours: its history was replaced.',
  whatTheUserSees: 'ORDER_DIVERGED',
  exitCode: 6,
  guarantees: [
    tells('the way to do it all the same is named', '--force'),
    {
      words: 'the delivered value stays',
      holds: async ({ town: { host } }) => expect(await host.git('config', 'rev-list', '--count', 'main')).toBe('2\n'),
    },
  ],
  missing,
  cause: async () => {
    const scene = await shipByCli();
    expect(scene.end.exitCode).toBe(0);
    const who = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.test'];
    await git(scene.town.app, ...who, 'commit', '--quiet', '--amend', '--allow-empty', '-m', 'Open the shop again');
    return { ...scene, ...(await shipAgain(scene.town)) };
  },
});
