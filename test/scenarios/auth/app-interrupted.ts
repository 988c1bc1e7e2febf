import { expect } from 'vitest';
import type { TownServers } from '../../support/cli.ts';
import { appEnv, configRepoUnmoved, missing, noSecretPrinted, noTempLeft, shipByCli, withApp } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'auth',
  title: 'Ctrl-C while a GitHub App token is out',
  whatHappens: 'SIGINT arrives while the commit is being landed.',
  whatTheUserSees: 'INTERRUPTED',
  exitCode: 130,
  guarantees: [
    {
      words: 'the token is revoked',
      holds: ({ town: { github } }) => {
        expect(github.requests.filter(({ path }) => path.endsWith('/access_tokens'))).toHaveLength(1);
        expect(github.app.liveTokens()).toEqual([]);
      },
    },
    configRepoUnmoved,
    noTempLeft,
    noSecretPrinted,
  ],
  missing,
  cause: () => {
    let kill: (signal: NodeJS.Signals) => void = () => undefined;
    let landing = false;
    const onStart = (own: typeof kill): void => {
      kill = own;
    };
    const { servers, prepare } = withApp(['acme/config']);
    // What the commit has to read before it can be made is what the signal comes in between.
    const fault: NonNullable<NonNullable<TownServers['git']>['fault']> = ({ repo, isCall }) => {
      if (!landing || !isCall || repo !== 'acme/config') return undefined;
      // A second signal would end it at once.
      landing = false;
      kill('SIGINT');
      return { is: 'delay', ms: 200 };
    };
    const onLine = (line: string): void => {
      landing ||= line.includes('"image.finished"');
    };
    return shipByCli({ servers: { ...servers, git: { fault } }, prepare, env: appEnv }, { onStart, onLine });
  },
});
