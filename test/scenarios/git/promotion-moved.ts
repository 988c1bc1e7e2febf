import { missing, queueEmpty, sound, tells } from '../config-repo.ts';
import { productionKept, promoteHere } from '../promotion.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'What is promoted changes each time',
  whatHappens: "Somebody sets the first delivery's value anew while each of three tries to promote it is being pushed.",
  whatTheUserSees: 'PROMOTION_MOVED',
  exitCode: 6,
  guarantees: [
    productionKept,
    tells('what was to be promoted and what is there now are named', /"v4" by now/, /is "v3"/),
    queueEmpty,
    sound,
  ],
  missing,
  cause: () => promoteHere({ due: false, moves: (push) => `v${push + 1}` }),
});
