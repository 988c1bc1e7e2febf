import { expect } from 'vitest';
import { atFirstPush, commitAgain, commitByCli, landedOnce, missing, onePush, sound } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'A run is killed during its push, and run again',
  whatHappens: 'The host takes the push, and SIGKILL comes before the answer.',
  whatTheUserSees: 'unchanged',
  exitCode: 0,
  guarantees: [landedOnce, onePush, sound],
  missing,
  cause: async () => {
    let kill: (signal: NodeJS.Signals) => void = () => undefined;
    const killed = await commitByCli(
      {
        fault: atFirstPush(() => ({
          is: 'alter',
          change: (body: Buffer) => {
            kill('SIGKILL');
            return body;
          },
        })),
      },
      {
        onStart: (own) => {
          kill = own;
        },
      },
    );
    expect(killed.end.exitCode).toBe(null);
    return commitAgain(killed);
  },
});
