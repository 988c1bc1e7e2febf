import { expect } from 'vitest';
import { isError } from '../../../src/errors.ts';
import { json } from '../../../src/sandbox/api.ts';
import { isSound, land, quickWorld } from '../../commit/landing.ts';
import { name, proposing } from '../../commit/propose/proposing.ts';
import { missing } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'The token may push, and may make no pull requests',
  whatHappens: 'With `via: pullRequest`, the API answers 403 to the pull request whose branch has been pushed.',
  whatTheUserSees: 'PULL_REQUEST_REFUSED',
  exitCode: 6,
  guarantees: [
    { words: 'no branch is left behind', holds: async ({ heads }) => expect(await heads()).toEqual(['main']) },
    { words: '`git fsck --strict` finds nothing', holds: ({ host }) => isSound(host, name) },
  ],
  missing,
  cause: async () => {
    const place = await proposing({
      instead: ({ method, path }) =>
        method === 'POST' && path.endsWith('/pulls') ? json(403, { message: 'Resource not accessible' }) : undefined,
    });
    const error = await land(place.delivery('b'), quickWorld(), place.credential).catch((thrown: unknown) => thrown);
    if (!isError(error)) throw error;
    return { ...place, end: { sees: error.code, exitCode: error.exitCode } };
  },
});
