import { entry, exitCodes } from './codes.ts';

const exit = exitCodes.configRepo;

/** Why a value is not replaced: it is a newer commit's, held, or nobody knows. */
export const orderErrors = {
  ORDER_DIVERGED: entry<{ file: string; path: string; theirs: string; ours: string }>(
    exit,
    ({ file, path, theirs, ours }) =>
      `${path} in ${file} is from commit ${theirs}, and that and ${ours} have gone separate ways: neither is the newer one.`,
    () =>
      'Merge or rebase onto that commit and run again. To replace it all the same: --force once, or `order: off` in the delivery for branches that take turns.',
  ),
  ORDER_UNKNOWN: entry<{ file: string; path: string; theirs: string; ours: string; why: string }>(
    exit,
    ({ file, path, theirs, ours, why }) =>
      `${path} in ${file} is from commit ${theirs}, and whether ${ours} is newer can't be told: ${why}.`,
    () =>
      'Let this run read the app repo (GITHUB_TOKEN with "contents: read", or TAGBOAT_TOKEN_<HOST>), or check it out whole (fetch-depth: 0). If that commit is gone for good, --force replaces it once; `order: off` in the delivery never asks.',
  ),
  HOLDS_INVALID: entry<{ file: string; why: string }>(
    exit,
    ({ file, why }) => `The holds in ${file} of the config repo can't be read: ${why}`,
    () =>
      'Nothing is set while it is unknown what is held. Correct the file in the config repo, or let `tagboat unhold --repair` keep the holds that are sound and drop the rest.',
  ),
  HOLDS_UNWRITABLE: entry<{ file: string; why: string }>(
    exit,
    ({ file, why }) => `These holds can't be written into ${file} of the config repo: ${why}.`,
    () =>
      'Nothing was changed. Release holds that are over, hold fewer or shorter values, or remove what is in the way.',
  ),
} as const;
