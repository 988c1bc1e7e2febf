import { commitByCli, missing, queueEmpty, refsUnmoved, sound, tells } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'The branch is protected',
  whatHappens: "The host's pre-receive hook refuses every push, with words of its own.",
  whatTheUserSees: 'PUSH_DENIED',
  exitCode: 6,
  guarantees: [tells("the host's own words are shown", 'GH006: Protected branch'), refsUnmoved, queueEmpty, sound],
  missing,
  cause: () => commitByCli({ repo: { preReceive: 'echo "error: GH006: Protected branch" >&2; exit 1' } }),
});
