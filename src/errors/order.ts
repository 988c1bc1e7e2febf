import { entry, exitCodes } from './codes.ts';

const exit = exitCodes.configRepo;

/** Why a value is not replaced: it is a newer commit's, held, nobody knows, or there is none to go back to or on with. */
export const orderErrors = {
  ROLLBACK_NOTHING_EARLIER: entry<{ repo: string; branch: string; seen: number }>(
    exit,
    ({ repo, branch, seen }) =>
      `None of the last ${seen} commits on ${branch} of ${repo} tells of other values there: there is nothing to go back to.`,
    'Name the state to go back to: --to with the config commit that had it.',
  ),
  ROLLBACK_TARGET_UNKNOWN: entry<{ to: string; branch: string; seen: number }>(
    exit,
    ({ to, branch, seen }) => `${to} is none of the last ${seen} commits on ${branch}, and none of them came from it.`,
    "Give the whole id of a commit on the config branch, or of the app repo's commit that was delivered there.",
  ),
  ROLLBACK_CROSSES_HAND: entry<{ file: string; path: string; value: string; at: string }>(
    exit,
    ({ file, path, value, at }) =>
      `${path} in ${file} was set by hand to ${JSON.stringify(value)} (as of ${at.slice(0, 7)}): going back would undo that too.`,
    'If that is meant, say so with --force.',
  ),
  VALUE_OVERTAKEN: entry<{ file: string; path: string; was: string; is: string }>(
    exit,
    ({ file, path, was, is }) =>
      `${path} in ${file} is ${JSON.stringify(is)} by now; what was to be replaced is ${JSON.stringify(was)}.`,
    'Somebody was faster, perhaps with what mends it. Look at that, then run again if it is still wanted.',
  ),
  PROMOTE_UNPAIRED: entry<{ from: string; to: string; file: string; path: string }>(
    exitCodes.config,
    ({ from, to, path, file }) => `${to} sets ${path} in ${file}, and nothing in ${from} stands for it.`,
    'Places are paired by the templates of their values, which tell the image: give both the same one.',
  ),
  PROMOTE_AMBIGUOUS: entry<{
    from: string;
    to: string;
    file: string;
    path: string;
    candidates: readonly { readonly file: string; readonly path: string }[];
  }>(
    exitCodes.config,
    ({ from, to, path, file, candidates }) =>
      `${to} sets ${path} in ${file}, and more than one place of ${from} may stand for it: ${candidates
        .slice(0, 5)
        .map((one) => `${one.path} in ${one.file}`)
        .join(', ')}.`,
    'Name the image in each value ({tag.NAME}, {digest.NAME}), or let files and paths of both deliveries differ in one word only (dev/a.yaml, prod/a.yaml).',
  ),
  PROMOTION_MOVED: entry<{ from: string; delivery: string; file: string; path: string; was: string; is: string }>(
    exit,
    ({ from, delivery, file, path, was, is }) =>
      `${path} in ${file} of ${from} is ${JSON.stringify(is)} by now; what was to be promoted to ${delivery} is ${JSON.stringify(was)}.`,
    'It was decided again a few times, and moved each time. Nothing was set; run again when it has come to rest.',
  ),
  PROMOTION_UNDECIDED: entry<{ delivery: string; after: string; why: string }>(
    exit,
    ({ delivery, after, why }) => `Whether what ${after} has is due in ${delivery} can't be told: ${why}.`,
    "What can't be told is not promoted. Mend that, or promote it by name: tagboat promote FROM TO.",
  ),
  ORDER_DIVERGED: entry<{ file: string; path: string; theirs: string; ours: string }>(
    exit,
    ({ file, path, theirs, ours }) =>
      `${path} in ${file} is from commit ${theirs}, and that and ${ours} have gone separate ways: neither is the newer one.`,
    'Merge or rebase onto that commit and run again. To replace it all the same: --force once, or `order: off` in the delivery for branches that take turns.',
  ),
  ORDER_UNKNOWN: entry<{ file: string; path: string; theirs: string; ours: string; why: string }>(
    exit,
    ({ file, path, theirs, ours, why }) =>
      `${path} in ${file} is from commit ${theirs}, and whether ${ours} is newer can't be told: ${why}.`,
    'Let this run read the app repo (GITHUB_TOKEN with "contents: read", or TAGBOAT_TOKEN_<HOST>), or check it out whole (fetch-depth: 0). If that commit is gone for good, as after a push by force, `tagboat ship --force` replaces it once, `tagboat retire --force` removes it; `order: off` in the delivery never asks.',
  ),
  FILE_NOT_OURS: entry<{ file: string; why: string; retires: boolean }>(
    exit,
    ({ file, why, retires }) => `${file} of the config repo is not ${retires ? 'removed' : 'written'}: ${why}.`,
    ({ retires }) =>
      retires
        ? 'Look at what is there. If nobody needs it, `tagboat retire --force` removes it.'
        : 'Name another file in `write:`, or take that one out of the config repo: what is written is replaced whole.',
  ),
  HOLDS_INVALID: entry<{ file: string; why: string }>(
    exit,
    ({ file, why }) => `The holds in ${file} of the config repo can't be read: ${why}`,
    'Nothing is set while it is unknown what is held. Correct the file in the config repo, or let `tagboat unhold --repair` keep the holds that are sound and drop the rest.',
  ),
  HOLDS_UNWRITABLE: entry<{ file: string; why: string }>(
    exit,
    ({ file, why }) => `These holds can't be written into ${file} of the config repo: ${why}.`,
    'Nothing was changed. Release holds that are over, hold fewer or shorter values, or remove what is in the way.',
  ),
} as const;
