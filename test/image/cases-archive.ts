import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { type Header, pack } from 'tar-stream';
import { type Case, failing, newer, on } from './case.ts';

type Entry = Partial<Header> & { readonly name: string } & { readonly body?: string };

async function tar(...entries: Entry[]): Promise<Buffer> {
  const archive = pack();
  const whole = buffer(archive);
  for (const { body = '', ...header } of entries) {
    const filled = { mtime: new Date(1e12), mode: 0o644, ...header };
    const content = header.type === undefined ? body : '';
    await new Promise<void>((resolve, reject) => {
      archive.entry(filled, content, (error) => (error == null ? resolve() : reject(error)));
    });
  }
  archive.finalize();
  return whole;
}

// Too long to be read before the damage is.
const noise = Array.from({ length: 9_000 }, (_, n) => ((n * n * 2_654_435_761) % 4_294_967_291).toString(36)).join('');

const plain = await tar(
  { name: 'd/', type: 'directory', mode: 0o750, uid: 7, gid: 8 },
  { name: 'd/f', body: 'f', uid: 7, gid: 8, mode: 0o4711 },
  { name: 'd/l', type: 'symlink', linkname: 'f' },
  { name: 'd/h', type: 'link', linkname: 'd/f', uid: 9, mode: 0o600 },
  { name: 'x/y/z', body: 'z' },
);
const both = { 'a.tar': { bytes: plain }, 'a.tgz': { bytes: gzipSync(plain) } };
const one = (bytes: Uint8Array) => ({ 't.tar': { bytes } });
const onto = (title: string, dockerfile: string, bytes: Uint8Array, more?: Partial<Case>) =>
  on(title, dockerfile, one(bytes), more);
const file = (name: string, more: Partial<Entry> = {}): Entry => ({ name, body: 'x', ...more });

/** Archives that ADD unpacks, well-meant and not. */
export const archiveCases: readonly Case[] = [
  on('an archive', 'FROM scratch\nADD a.tar /q/\n', both),
  on('a compressed archive', 'FROM scratch\nADD a.tgz /q\n', both),
  on('an archive with another owner', 'FROM scratch\nADD --chown=3:4 a.tar /q/\n', both, newer),
  on('an archive with a mode', 'FROM scratch\nADD --chmod=700 a.tar /q/\n', both),
  on('COPY of an archive', 'FROM scratch\nCOPY a.tar /q/\n', both),
  on('an archive that is not to be unpacked', 'FROM scratch\nADD --unpack=false a.tar /q/\n', both, newer),
  on('a glob of archives', 'FROM scratch\nADD *.t* /q/\n', both),
  on('the same archive twice', 'FROM scratch\nADD a.tar /q/\nADD a.tgz /q/\n', both),
  on('an archive and a file', 'FROM scratch\nADD a.tar b /q/\n', { ...both, b: 'b' }),
  on('a linked archive', 'FROM BASE\nADD --link a.tar /bin/\n', both, newer),
  on('an archive out of a stage', 'FROM scratch AS s\nADD a.tar /q/\nFROM scratch\nCOPY --from=s /q/d /z\n', both),
  on('an archive behind a link', 'FROM scratch\nADD lnk /q/\n', { ...both, lnk: { link: 'a.tar' } }),
  on('a folder with an archive in it', 'FROM scratch\nADD d /q/\n', { 'd/t.tar': { bytes: plain } }),
  onto(
    'an archive over the base',
    'FROM BASE\nADD t.tar /\n',
    await tar(
      { name: './', type: 'directory', mode: 0o700 },
      file('bin/tool', { mode: 0o755 }),
      { name: 'etc/motd', type: 'directory' },
      file('etc/motd/in'),
      file('home', { body: 'now a file' }),
      file('var/run/q'),
      { name: 'tmp/', type: 'directory', mode: 0o755 },
    ),
  ),
  onto(
    'an archive with a folder where a link is',
    'FROM BASE\nADD t.tar /\n',
    await tar({ name: 'bin/', type: 'directory' }, file('bin/x')),
  ),
  onto('an archive into a link to a folder', 'FROM BASE\nADD t.tar /bin\n', await tar(file('x'))),
  onto('an archive onto a file', 'FROM BASE\nADD t.tar /etc/motd\n', await tar(file('x')), failing('COPY_BLOCKED')),
  onto('an archive that climbs out', 'FROM scratch\nADD t.tar /q/\n', await tar(file('../x'))),
  onto('an archive with absolute names', 'FROM scratch\nADD t.tar /q/\n', await tar(file('/x'))),
  onto('an archive with dots inside', 'FROM scratch\nADD t.tar /q/\n', await tar(file('a/../x'))),
  onto(
    'an archive that writes through a link out of it',
    'FROM scratch\nADD t.tar /q/\n',
    await tar({ name: 'l', type: 'symlink', linkname: '../../etc' }, file('l/x')),
    failing('ARCHIVE_INVALID'),
  ),
  onto(
    "an archive that writes through a link to the base's folder",
    'FROM BASE\nADD t.tar /q/\n',
    await tar({ name: 'l', type: 'symlink', linkname: '/etc' }, file('l/x')),
    failing('ARCHIVE_INVALID'),
  ),
  onto(
    'a hard link to nothing',
    'FROM scratch\nADD t.tar /q/\n',
    await tar({ name: 'l', type: 'link', linkname: 'nope' }),
    failing('ARCHIVE_INVALID'),
  ),
  onto(
    "a hard link to the base's file",
    'FROM BASE\nADD t.tar /\n',
    await tar({ name: 'l', type: 'link', linkname: 'etc/motd' }),
  ),
  onto('a name like a whiteout', 'FROM BASE\nADD t.tar /\n', await tar(file('etc/n.wh.x'))),
  onto('an archive with nothing in it', 'FROM scratch\nADD t.tar /q/\n', await tar()),
  onto('a compressed file that is no archive', 'FROM scratch\nADD t.tar /q/\n', gzipSync(Buffer.alloc(5_000, 'x'))),
  onto(
    'a compressed archive that is damaged',
    'FROM scratch\nADD t.tar /q/\n',
    Buffer.concat([gzipSync(await tar(file('r', { body: noise }))).subarray(0, -9_000), Buffer.from('junkjunk')]),
    failing('ARCHIVE_INVALID'),
  ),
  onto('an archive without its last padding', 'FROM scratch\nADD t.tar /q/\n', plain.subarray(0, 1_500)),
  onto(
    'pipes and devices',
    'FROM scratch\nADD t.tar /q/\n',
    await tar({ name: 'p', type: 'fifo' }, { name: 'c', type: 'character-device', devmajor: 1, devminor: 3 }),
  ),
  onto(
    'names that need PAX',
    'FROM scratch\nADD t.tar /q/\n',
    await tar(file(`${'l'.repeat(130)}/${'m'.repeat(120)}`), file('ü')),
  ),
  onto(
    'a folder after what is in it',
    'FROM scratch\nADD t.tar /q/\n',
    await tar(file('./a/b'), { name: './a/', type: 'directory', mode: 0o711 }),
  ),
  onto(
    'extended attributes',
    'FROM scratch\nADD t.tar /q/\n',
    await tar(file('c', { pax: { 'SCHILY.xattr.user.k': 'v' } })),
  ),
  onto(
    'owners beyond octal',
    'FROM scratch\nADD t.tar /q/\n',
    await tar(file('c', { uid: 3_000_000, gid: 4_000_000 })),
  ),
];
