import { commitHere, missing, nothingSent, refsUnmoved, tells } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'Other places repeat the value by an alias',
  whatHappens: 'The value stands in a map with an anchor, and an alias of that map stands elsewhere in the file.',
  whatTheUserSees: 'VALUE_HAS_ALIASES',
  exitCode: 6,
  guarantees: [tells('the line of the alias is named', 'line 2', '--allow aliases'), nothingSent, refsUnmoved],
  missing,
  cause: () => commitHere({ repo: { files: { 'main/values.yaml': 'front: &shop {imageTag: a}\nback: *shop\n' } } }),
});
