import { commitHere, missing, nothingSent, refsUnmoved } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'The host sends damaged objects',
  whatHappens: 'One bit of every pack is another one.',
  whatTheUserSees: 'GIT_MALFORMED',
  exitCode: 6,
  guarantees: [nothingSent, refsUnmoved],
  missing,
  cause: () =>
    commitHere({
      fault: () => ({
        is: 'alter',
        change: (body) => {
          const at = body.indexOf('PACK');
          if (at >= 0) body.writeUInt8(body.readUInt8(at + 40) ^ 1, at + 40);
          return body;
        },
      }),
    }),
});
