import { runGit } from '../../../src/sandbox/git-host/repo.ts';
import { gitEnv } from '../../support/git-host.ts';
import {
  atFirstPush,
  commitByCli,
  landedOnce,
  missing,
  queueEmpty,
  rivalKept,
  rivalPush,
  sound,
} from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

const count = 11_000;

export const scenario = declare({
  area: 'git',
  title: "Thousands of branches begin with our branch's name",
  whatHappens: `Asked for \`main\`, the host tells of \`main-1\` to \`main-${count}\` too, before it comes to the queue.`,
  whatTheUserSees: 'landed',
  exitCode: 0,
  guarantees: [landedOnce, rivalKept, queueEmpty, sound],
  missing,
  cause: () =>
    commitByCli({
      prepare: async (host) => {
        const tip = (await host.git('config', 'rev-parse', 'main')).trim();
        async function* refs(): AsyncGenerator<Buffer> {
          for (let at = 1; at <= count; at++) yield Buffer.from(`create refs/heads/main-${at} ${tip}\n`);
        }
        await runGit(['-C', host.repoDir('config'), 'update-ref', '--stdin'], gitEnv, refs());
        await host.git('config', 'pack-refs', '--all');
      },
      fault: atFirstPush((host) => rivalPush(host)),
    }),
});
