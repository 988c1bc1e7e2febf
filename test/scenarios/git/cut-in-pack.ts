import { expect } from 'vitest';
import { cutOnce } from '../../support/cutting-proxy.ts';
import { commitHere, landedOnce, missing, sound } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'The connection is cut inside the pack',
  whatHappens: 'The host gets the push command and a part of the pack.',
  whatTheUserSees: 'landed',
  exitCode: 0,
  guarantees: [landedOnce, sound],
  missing,
  cause: async () => {
    let cuts = () => 0;
    const scene = await commitHere({
      url: async (url) => {
        const relay = await cutOnce(new URL(url).host, { text: 'PACK', bytes: 30 });
        cuts = relay.cuts;
        return url.replace(new URL(url).host, relay.host);
      },
    });
    expect(cuts()).toBe(1);
    return scene;
  },
});
