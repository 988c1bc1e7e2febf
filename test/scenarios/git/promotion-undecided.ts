import { missing, nothingSent, refsUnmoved, tells } from '../config-repo.ts';
import { productionKept, promoteHere } from '../promotion.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'Nothing says since when a value is there',
  whatHappens: "`promote --due` finds a value in the first delivery that the config repo's history doesn't date.",
  whatTheUserSees: 'PROMOTION_UNDECIDED',
  exitCode: 6,
  guarantees: [
    productionKept,
    tells('the value is named', /since when \.web\.tag in staging\.yaml/),
    nothingSent,
    refsUnmoved,
  ],
  missing,
  cause: () => promoteHere({ due: true }),
});
