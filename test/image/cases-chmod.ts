// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Dockerfiles expand these, not this program.
import { tarOf } from '../support/base-image.ts';
import { type Case, failing, newer, on, tree } from './case.ts';
import type { Files } from './images.ts';

/** Files whose permissions differ in every way that a symbolic mode asks about. */
const modes: Files = Object.fromEntries(
  [0o000, 0o400, 0o644, 0o755, 0o111, 0o010, 0o761, 0o4755, 0o2711, 0o1666, 0o7777].map((mode) => {
    const name = `m/${mode.toString(8).padStart(4, '0')}`;
    return [name, { text: 'x', mode }] as const;
  }),
);
const folders: Files = { ...modes, 'm/d/f': { text: 'x', mode: 0o640 }, 'm/d/l': { link: 'f' }, 'm/l': { link: 'd' } };

/** Every mode in an instruction of its own, so that one build answers for all of them. */
const each = (title: string, of: readonly string[], files = folders): Case =>
  on(title, `FROM scratch\n${of.map((mode, n) => `COPY --chmod=${mode} m /${n}/\n`).join('')}`, files, newer);

const wrong = ['u', 'u=q', 'rwx', 'u+x,', ',u+x', 'u+x,,g+x', 'U+x', 'u+1', '+644', 'a=rX;', 'z+x'];

/** `--chmod` with letters, which BuildKit reads as BSD's chmod does. */
export const chmodCases: readonly Case[] = [
  each('chmod by letters: one class', [
    'u=rwx',
    'g=rx',
    'o=',
    'u+x',
    'g-w',
    'o+r',
    'a+x',
    'a-w',
    'a=r',
    'ug+w',
    'ugo=x',
  ]),
  each('chmod by letters: no class', ['+x', '-w', '=r', '=', '=rw', '+rwx', '-rwx', '+', '-', '=X']),
  each('chmod by letters: X', [
    'u=rwX,go=rX',
    '+X',
    'a=rX',
    'a-x,a+X',
    'u-x,+X',
    '-X',
    'u+X',
    'go=X',
    '=rw,+X',
    'a+rX,u+w',
    'u=X,g=X',
    'a-X',
  ]),
  each('chmod by letters: setuid, setgid and sticky', [
    'u+s',
    'g+s',
    'ug+s',
    'o+s',
    '+s',
    'a+s',
    '-s',
    'u-s',
    'g-s,u+s',
    '=s',
    'u=s',
    '+t',
    '-t',
    'o+t',
    'u+t',
    'a+t',
    'a-t',
    '=t',
    'a=t',
    '+rt',
    'a+rt',
    '+st',
    'u=rwxs,g=rxs,o=rxt',
    'u=rwx',
    'a=rx',
  ]),
  each('chmod by letters: copies', [
    'g=u',
    'o=g',
    'u=o',
    'go=u',
    'go=u-w',
    'u=go',
    'g+u',
    'o-u',
    'a=u',
    '=g',
    '+u',
    '-g',
    'u=rg',
    'u=gr',
    'g=uX',
    'g=Xu',
    'u+gx',
    'g=u,u=g',
    '+tu',
  ]),
  each('chmod by letters: several signs and clauses', [
    'u+x-w',
    'u=rw+x',
    'a=r,u+w',
    'u=rwx,g=rx,o=r',
    'a+x,u-x',
    'go-rwx,u+X',
    'u=,g=,o=r',
    'a=rwx-x+X',
    '+x-x',
    '=+w',
    'uu+x',
    'au-x',
    'ua=r',
    'u+r+w+x,o-r-w-x',
  ]),
  each('chmod by number: as it is written', ['0', '0755', '00000000644', '7777', '1755', '000']),
  on('chmod by letters makes a folder on the way as usual', 'FROM BASE\nCOPY --chmod=u=rw,go= a /n/m/x\n', tree, newer),
  on('chmod by letters of a folder that is made', 'FROM BASE\nCOPY --chmod=go-rwx dir /n/d\n', tree, newer),
  on('chmod by letters into folders that exist', 'FROM BASE\nCOPY --chmod=g+w,o= d /\n', { 'd/etc/x': 'x' }, newer),
  on(
    'chmod by letters leaves links',
    'FROM BASE\nCOPY --chmod=a=rwx d /n/\n',
    { 'd/l': { link: 'f' }, 'd/f': 'f' },
    newer,
  ),
  on('chmod by letters of a link that is a source', 'FROM BASE\nCOPY --chmod=u+x,go= link /n/\n', tree, newer),
  on('chmod by letters with an owner', 'FROM BASE\nCOPY --chmod=ug+s --chown=app:staff b /n/\n', tree, newer),
  on(
    'chmod by letters of two names of one file',
    'FROM scratch\nCOPY --chmod=a+x d /d/\n',
    { 'd/a': 'a', 'd/b': { hard: 'd/a' } },
    newer,
  ),
  on(
    'chmod by letters from arguments',
    'FROM BASE\nARG W=go\nENV P=rX\nCOPY --chmod=u=rw,$W=${P} dir /n/\n',
    tree,
    newer,
  ),
  on('chmod from an argument that is empty', 'FROM BASE\nARG M\nCOPY --chmod=$M b /n/\n', tree, newer),
  on('chmod by letters linked', 'FROM BASE\nCOPY --link --chmod=+x,u+s a /bin/x\n', tree, newer),
  on('chmod by letters linked with an owner', 'FROM BASE\nCOPY --link --chmod=a=rX --chown=5:6 dir /n/\n', tree, newer),
  on(
    'chmod by letters of a file from a stage',
    'FROM scratch AS s\nCOPY --chmod=6711 b /b\nFROM scratch\nCOPY --from=s --chmod=u-s,go+w /b /x\n',
    tree,
    newer,
  ),
  on(
    'chmod by letters of folders from a stage',
    'FROM scratch AS s\nCOPY --chmod=3710 dir /d/e\nFROM scratch\nCOPY --from=s --chmod=g+w,o=X /d /x/\n',
    tree,
    newer,
  ),
  on(
    'chmod by letters of files from an image',
    'FROM scratch\nCOPY --from=BASE --chmod=u-s,g=u,o= /usr/bin /x/\nCOPY --from=BASE --chmod=-t /tmp /t/\n',
    tree,
    newer,
  ),
  on(
    'chmod by letters with parents',
    'FROM scratch\nCOPY --parents --chmod=a+x,o-r dir/sub/three.txt /x/\n',
    tree,
    newer,
  ),
  on(
    'chmod by letters with parents into folders that exist',
    'FROM BASE\nCOPY --parents --chmod=a+w d/./etc/in/x /\n',
    { 'd/etc/in/x': 'x' },
    newer,
  ),
  on(
    'chmod by number with parents into folders that exist',
    'FROM BASE\nCOPY --parents --chmod=711 d/./home/app/x /\n',
    { 'd/home/app/x': 'x' },
    newer,
  ),
  on(
    'chmod by letters with something left out',
    'FROM scratch\nCOPY --exclude=*.md --chmod=go-r dir /x/\n',
    tree,
    newer,
  ),
  on('chmod by letters of a heredoc', 'FROM scratch\nCOPY --chmod=+x <<run.sh /bin/\n#!/bin/sh\nrun.sh\n', tree, newer),
  on('ADD with a chmod by letters', 'FROM scratch\nADD --chmod=u=rwX,go= dir b /x/\n', tree, newer),
  on(
    'ADD of an archive with a chmod by letters',
    'FROM scratch\nADD --chmod=a=rwx t.tar /x/\n',
    { 't.tar': { bytes: await tarOf({ name: 'f', body: 'f\n' }) } },
    newer,
  ),
  on(
    'ADD of an archive that stays packed, with a chmod by letters',
    'FROM scratch\nADD --unpack=false --chmod=a=rwx t.tar /x/\n',
    { 't.tar': { bytes: await tarOf({ name: 'f', body: 'f\n' }) } },
    newer,
  ),
  ...wrong.map((mode, n) =>
    on(`chmod that is no mode, ${n}: ${mode}`, `FROM BASE\nCOPY --chmod=${mode} a /x\n`, tree, {
      ...newer,
      ...failing('DOCKERFILE_INVALID'),
    }),
  ),
];
