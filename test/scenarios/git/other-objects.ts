import { makeObject } from '../../../src/wire/git/pack/object.ts';
import { writePack } from '../../../src/wire/git/pack/pack.ts';
import { packet } from '../../../src/wire/git/pktline.ts';
import { commitHere, missing, nothingSent, refsUnmoved } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

/** An answer with a blob that is sound and was never asked for. */
function otherPack(): Buffer {
  const blob = makeObject('sha1', 'blob', Buffer.from('front: {imageTag: evil}'));
  const pack = writePack([{ object: blob }], 'sha1', false);
  const length = (pack.byteLength + 5).toString(16).padStart(4, '0');
  return Buffer.concat([Buffer.from(`${packet('packfile\n')}${length}\x01`), pack, Buffer.from('0000')]);
}

export const scenario = declare({
  area: 'git',
  title: 'The host sends another object than asked for',
  whatHappens: 'The blob is whole, but another one: its id tells.',
  whatTheUserSees: 'GIT_MALFORMED',
  exitCode: 6,
  guarantees: [nothingSent, refsUnmoved],
  missing,
  cause: () =>
    commitHere({ fault: ({ number }) => (number < 3 ? undefined : { is: 'alter', change: () => otherPack() }) }),
});
