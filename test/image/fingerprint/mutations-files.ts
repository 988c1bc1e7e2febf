import { tarOf } from '../../support/base-image.ts';
import { type Change, careful, files, type Mutation, mutation } from './mutation.ts';

const packed = await tarOf({ name: 'f', body: 'f\n' });
const packedLater = await tarOf({ name: 'f', body: 'f\n', mtime: new Date(1.5e12) });
const packedOther = await tarOf({ name: 'f', body: 'g\n' });

const copied = 'FROM scratch\nCOPY dir /x/\nCOPY a /a\n';
const whole = 'FROM scratch\nCOPY . /x/\n';
const set = (changed: NonNullable<Change['files']>): Change => ({ files: changed });
const ignoring = (text: string) => ({ files: { ...files, '.dockerignore': text } });

/** Changes of the context: which files count, and what of them. */
export const fileMutations: readonly Mutation[] = [
  mutation('the content of a copied file', copied, set({ a: 'other\n' })),
  mutation('the content of a file in a copied folder', copied, set({ 'dir/sub/three.txt': 'other\n' })),
  mutation('the content of a file that is not copied', copied, set({ b: 'other\n' })),
  mutation('the permissions of a copied file', copied, set({ a: { text: 'a\n', mode: 0o755 } })),
  mutation('the permissions of a file that is not copied', copied, set({ b: { text: 'b\n', mode: 0o755 } })),
  mutation('a setuid bit', copied, set({ a: { text: 'a\n', mode: 0o4755 } }), {
    files: { ...files, a: { text: 'a\n', mode: 0o755 } },
  }),
  mutation('a file in a copied folder has another name', copied, set({ 'dir/two.md': null, 'dir/2.md': 'two\n' })),
  mutation('one file more in a copied folder', copied, set({ 'dir/new': 'new\n' })),
  mutation('one file less in a copied folder', copied, set({ 'dir/two.md': null })),
  mutation('an empty file more in a copied folder', copied, set({ 'dir/new': '' })),
  mutation('an empty folder more in a copied folder', copied, { folders: ['dir/empty'] }),
  mutation('one file more beside what is copied', copied, set({ new: 'new\n' })),
  mutation('the permissions of a folder inside a copied folder', copied, { modes: { 'dir/sub': 0o700 } }),
  mutation('the permissions of a copied folder itself', copied, { modes: { dir: 0o700 } }),
  mutation('a link inside a copied folder leads elsewhere', copied, set({ 'dir/link': { link: 'two.md' } })),
  mutation('a link inside a copied folder becomes a file', copied, set({ 'dir/link': 'one\n' })),
  mutation('a file becomes a folder', copied, set({ 'dir/two.md': null, 'dir/two.md/f': 'two\n' })),
  mutation('what a copied link leads to', 'FROM scratch\nCOPY link /x\n', set({ a: 'other\n' })),
  mutation('a copied link leads to another content', 'FROM scratch\nCOPY link /x\n', set({ link: { link: 'b' } })),
  mutation('a copied link leads to the same content', 'FROM scratch\nCOPY link /x\n', set({ link: { link: 'c' } }), {
    files: { ...files, c: 'a\n' },
  }),
  mutation(
    'a file below a link to a folder',
    'FROM scratch\nCOPY dir-link/sub /x/\n',
    set({ 'dir/sub/three.txt': '!' }),
  ),
  mutation(
    'a file beside, with a link to a folder',
    'FROM scratch\nCOPY dir-link/sub /x/\n',
    set({ 'dir/two.md': '!' }),
  ),
  mutation(
    'a file in a folder called as GitHub is',
    'FROM scratch\nCOPY github.com/acme /x/\n',
    set({ 'github.com/acme/f': 'other\n' }),
    { files: { 'github.com/acme/f': 'f\n' } },
  ),
  mutation('the whole context: any file', whole, set({ b: 'other\n' })),
  mutation('the whole context: the Dockerfile itself', whole, `${whole}# more\n`),
  mutation('an ignored file', whole, set({ 'dir/sub/three.txt': 'other\n' }), ignoring('dir/sub\n')),
  mutation('a new file that is ignored', whole, set({ 'x.md': 'new\n' }), ignoring('**/*.md\n')),
  mutation('.dockerignore leaves out what was copied', copied, set({ '.dockerignore': 'dir/sub\n' }), ignoring('z\n')),
  mutation('.dockerignore leaves out what was not copied', copied, set({ '.dockerignore': 'b\n' }), ignoring('z\n')),
  mutation('.dockerignore has a comment more', copied, set({ '.dockerignore': '# z\nz\n' }), ignoring('z\n')),
  mutation('.dockerignore is copied itself', whole, set({ '.dockerignore': '# z\nz\n' }), ignoring('z\n')),
  mutation(
    '.dockerignore has an exception more',
    whole.replace('.', 'dir'),
    set({ '.dockerignore': '**\n!dir/sub\n' }),
    {
      files: { ...files, '.dockerignore': '**\n!dir/one.txt\n' },
    },
  ),
  mutation(
    "a Dockerfile's own ignore file goes first",
    copied,
    set({ 'Dockerfile.dockerignore': 'dir/sub\n' }),
    ignoring('z\n'),
  ),
  mutation('a glob that takes one file more', 'FROM scratch\nCOPY dir/*.txt /x/\n', set({ 'dir/new.txt': 'new\n' })),
  mutation('a glob that takes no more', 'FROM scratch\nCOPY dir/*.txt /x/\n', set({ 'dir/new.md': 'new\n' })),
  mutation('a glob over folders', 'FROM scratch\nCOPY dir/s* /x/\n', set({ 'dir/sub/three.txt': 'other\n' })),
  mutation(
    'a file that --exclude leaves out',
    'FROM scratch\nCOPY --exclude=*.md dir /x/\n',
    set({ 'dir/two.md': '!' }),
  ),
  mutation(
    'a file that --exclude leaves in',
    'FROM scratch\nCOPY --exclude=*.md dir /x/\n',
    set({ 'dir/one.txt': '!' }),
  ),
  mutation('a file below --parents', 'FROM scratch\nCOPY --parents dir/sub /x/\n', set({ 'dir/sub/three.txt': '!' })),
  mutation('a file beside --parents', 'FROM scratch\nCOPY --parents dir/sub /x/\n', set({ 'dir/two.md': '!' })),
  mutation('permissions of a folder on the way of --parents', 'FROM scratch\nCOPY --parents dir/sub /x/\n', {
    modes: { dir: 0o700 },
  }),
  mutation(
    'permissions that --chmod overwrites',
    'FROM scratch\nCOPY --chmod=600 a /a\n',
    set({ a: { text: 'a\n', mode: 0o755 } }),
  ),
  mutation('content under --chmod', 'FROM scratch\nCOPY --chmod=600 a /a\n', set({ a: 'other\n' })),
  mutation(
    'permissions that --chmod overwrites by letters',
    'FROM scratch\nCOPY --chmod=u=rw,go=r dir /x/\n',
    set({ 'dir/one.txt': { text: 'one\n', mode: 0o755 } }),
  ),
  mutation(
    'permissions that --chmod keeps by letters',
    'FROM scratch\nCOPY --chmod=go-w dir /x/\n',
    set({ 'dir/one.txt': { text: 'one\n', mode: 0o755 } }),
  ),
  mutation(
    'permissions that an X does not ask for',
    'FROM scratch\nCOPY --chmod=u=rwX,go=rX dir /x/\n',
    set({ 'dir/one.txt': { text: 'one\n', mode: 0o600 } }),
  ),
  mutation(
    'permissions that an X asks for',
    'FROM scratch\nCOPY --chmod=u=rwX,go=rX dir /x/\n',
    set({ 'dir/one.txt': { text: 'one\n', mode: 0o655 } }),
  ),
  mutation('permissions of a folder that --chmod keeps', 'FROM scratch\nCOPY --chmod=o= dir /x/\n', {
    modes: { 'dir/sub': 0o700 },
  }),
  mutation('permissions of a folder that --chmod takes away', 'FROM scratch\nCOPY --chmod=go= dir /x/\n', {
    modes: { 'dir/sub': 0o750 },
  }),
  mutation(
    'permissions that --chmod overwrites, of a folder on the way of --parents that is there',
    'FROM BASE\nCOPY --parents --chmod=755 home/app/x /\n',
    { modes: { 'home/app': 0o711 } },
    { files: { 'home/app/x': 'x' } },
  ),
  mutation(
    'permissions that --chmod overwrites, of a folder on the way of --parents that is made',
    'FROM BASE\nCOPY --parents --chmod=755 home/new/x /\n',
    { modes: { 'home/new': 0o711 } },
    { files: { 'home/new/x': 'x' }, ...careful('on-the-way') },
  ),
  mutation('two names of one file', copied, set({ 'dir/new': { hard: 'dir/one.txt' } }), {
    files: { ...files, 'dir/new': 'one\n' },
    ...careful('hard-links'),
  }),
  mutation(
    'a file that goes no further than a stage',
    'FROM scratch AS one\nCOPY dir /d/\nFROM scratch\nCOPY --from=one /d/one.txt /x\n',
    set({ 'dir/two.md': '!' }),
    careful('unread'),
  ),
  mutation(
    'a file that goes through a stage',
    'FROM scratch AS one\nCOPY dir /d/\nFROM scratch\nCOPY --from=one /d/one.txt /x\n',
    set({ 'dir/one.txt': '!' }),
  ),
  mutation(
    'a folder that a stage copies is called otherwise',
    'FROM scratch AS one\nCOPY dir /d/\nFROM scratch\nCOPY --from=one /d /x\n',
    {
      dockerfile: 'FROM scratch AS one\nCOPY other /d/\nFROM scratch\nCOPY --from=one /d /x\n',
      files: {
        'other/one.txt': 'one\n',
        'other/two.md': 'two\n',
        'other/sub/three.txt': 'three\n',
        'other/link': { link: 'one.txt' },
      },
    },
    careful('names'),
  ),
  mutation('ADD of a file', 'FROM scratch\nADD a /x/\n', set({ a: 'other\n' })),
  mutation(
    'what is in an archive that ADD unpacks',
    'FROM scratch\nADD a.tar /x/\n',
    set({ 'a.tar': { bytes: packedOther } }),
    { files: { 'a.tar': { bytes: packed } } },
  ),
  mutation(
    'an archive packed again at another time',
    'FROM scratch\nADD a.tar /x/\n',
    set({ 'a.tar': { bytes: packedLater } }),
    { files: { 'a.tar': { bytes: packed } }, ...careful('archives') },
  ),
  mutation(
    'a mount that RUN reads',
    'FROM SHELL\nRUN --mount=target=/m read X < /m/a; echo "$X" > /x\n',
    set({ a: 'other\n' }),
  ),
  mutation(
    'a mount that RUN does not read',
    'FROM SHELL AS one\nRUN --mount=target=/m read X < /m/a; echo "$X" > /x\nFROM scratch\nCOPY --from=one /x /x\n',
    set({ b: 'other\n' }),
    careful('mounts'),
  ),
  mutation(
    'a file beside a mount',
    'FROM SHELL\nRUN --mount=source=dir,target=/m read X < /m/one.txt; echo "$X" > /x\n',
    set({ a: 'other\n' }),
  ),
  mutation(
    'a file in a mounted folder',
    'FROM SHELL\nRUN --mount=source=dir,target=/m read X < /m/one.txt; echo "$X" > /x\n',
    set({ 'dir/one.txt': 'other\n' }),
  ),
  mutation(
    'a file beside the mount of a stage',
    'FROM scratch AS one\nCOPY a /a\nFROM SHELL\nRUN --mount=from=one,target=/m read X < /m/a; echo "$X" > /x\n',
    set({ b: 'other\n' }),
  ),
  mutation(
    'a file in the mount of a stage',
    'FROM scratch AS one\nCOPY a /a\nFROM SHELL\nRUN --mount=from=one,target=/m read X < /m/a; echo "$X" > /x\n',
    set({ a: 'other\n' }),
  ),
];
