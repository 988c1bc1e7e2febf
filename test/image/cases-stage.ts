// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Dockerfiles expand these, not this program.
import { type Case, failing, newer, on, tree } from './case.ts';

/** What comes from other stages and images, and what the context leaves out. */
export const stageCases: readonly Case[] = [
  on('nothing but the base', 'FROM BASE\n'),
  on(
    'a stage keeps owners and modes',
    'FROM scratch AS s\nCOPY --chown=9:8 dir /d\nFROM scratch\nCOPY --from=s /d /e\n',
  ),
  on(
    'a new owner for what a stage has',
    'FROM scratch AS s\nCOPY --chown=9:8 dir /d\nFROM scratch\nCOPY --from=s --chown=1 /d /e\n',
  ),
  on("a base's folder", 'FROM scratch\nCOPY --from=BASE /etc /e\n'),
  on("a base's root", 'FROM scratch\nCOPY --from=BASE / /\n'),
  on("a base's link to a file", 'FROM scratch\nCOPY --from=BASE /etc/issue /i\n'),
  on("a base's file behind a link", 'FROM scratch\nCOPY --from=BASE /bin/sh /i\n'),
  on("a base's link to a folder", 'FROM scratch\nCOPY --from=BASE /var/run /i\n'),
  on("a base's setuid program", 'FROM scratch\nCOPY --from=BASE /usr/bin/su /i\n'),
  on("a base's sticky folder", 'FROM scratch\nCOPY --from=BASE /tmp /i\n'),
  on("a base's owned folder", 'FROM scratch\nCOPY --from=BASE /home /i\n'),
  on(
    "a glob over a base's dangling link",
    'FROM scratch\nCOPY --from=BASE /etc/m* /i/\n',
    tree,
    failing('COPY_SOURCE_MISSING'),
  ),
  on('what a base lacks', 'FROM scratch\nCOPY --from=BASE /nope /i\n', tree, failing('COPY_SOURCE_MISSING')),
  on("a base's link to itself", 'FROM scratch\nCOPY --from=BASE /loop /i\n', tree, failing('COPY_SOURCE_MISSING')),
  on(
    'a stage by a variable',
    'FROM scratch AS s\nCOPY a /a\nFROM scratch\nARG S=s\nCOPY --from=$S /a /b\n',
    tree,
    failing('DOCKERFILE_INVALID'),
  ),
  on(
    'a stage that comes later',
    'FROM scratch AS x\nCOPY --from=t /a /b\nFROM scratch AS t\nCOPY a /a\nFROM x\n',
    tree,
    failing('DOCKERFILE_INVALID'),
  ),
  on('a stage in capitals', 'FROM scratch AS Stage\nCOPY a /a\nFROM scratch\nCOPY --from=STAGE /a /b\n'),
  on('a base stage in capitals', 'FROM scratch AS Stage\nCOPY a /a\nFROM stage\nCOPY b /b\n'),
  on('a stage number that does not exist', 'FROM scratch\nCOPY --from=5 /a /b\n', tree, failing('DOCKERFILE_INVALID')),
  on('two stages of one name', 'FROM scratch AS s\nCOPY a /1\nFROM scratch AS s\nCOPY a /2\nFROM s\nCOPY b /b\n'),
  on('from scratch', 'FROM scratch\nCOPY a /\nCOPY --from=scratch / /y/\n'),
  on('a target by number', 'FROM scratch\nCOPY a /1\nFROM scratch\nCOPY a /2\n', tree, {
    target: '0',
    ...failing('TARGET_NOT_FOUND'),
  }),
  on('a target in capitals', 'FROM scratch AS Foo\nCOPY a /1\nFROM scratch\nCOPY a /2\n', tree, { target: 'FOO' }),
  on('a target that is missing', 'FROM scratch AS Foo\nCOPY a /1\n', tree, {
    target: 'bar',
    ...failing('TARGET_NOT_FOUND'),
  }),
  on('arguments of the stage below', 'FROM scratch AS s\nARG A=1\nFROM s\nLABEL a=$A\nCOPY a /\n'),
  on('the command of the stage below', 'FROM scratch AS s\nCMD ["p"]\nFROM s\nENTRYPOINT ["e"]\nCOPY a /\n'),
  on('the shell of the stage below', 'FROM scratch AS s\nSHELL ["/z","-c"]\nFROM s\nCMD hi there\nCOPY a /\n'),
  on('triggers for others', 'FROM scratch\nONBUILD COPY a /b\nONBUILD LABEL x=y\nCOPY a /\n'),
  on('triggers of the stage below', 'FROM scratch AS s\nONBUILD COPY a /trig\nONBUILD ENV Q=1\nFROM s\nCOPY b /b\n'),
  on('an ignore file of the Dockerfile alone', 'FROM scratch\nCOPY . /x/\n', {
    ...tree,
    '.dockerignore': 'a',
    'Dockerfile.dockerignore': 'b\n',
  }),
  on('ignored, kept, ignored and kept', 'FROM scratch\nCOPY . /x/\n', {
    ...tree,
    '.dockerignore': '*\n!dir\ndir/sub\n!dir/sub/three.txt\n',
  }),
  on('the Dockerfile ignored', 'FROM scratch\nCOPY . /x/\n', {
    ...tree,
    '.dockerignore': 'Dockerfile\n.dockerignore\n',
  }),
  on('an ignore file with slashes, comments and spaces', 'FROM scratch\nCOPY . /x/\n', {
    ...tree,
    '.dockerignore': '/dir/sub/\n# c\n\n  b  \n',
  }),
  on('deep patterns ignored and kept', 'FROM scratch\nCOPY . /x/\n', {
    ...tree,
    '.dockerignore': '**/*.txt\n!**/three.txt\n',
  }),
  on(
    'an ignored source',
    'FROM scratch\nCOPY a /x\n',
    { ...tree, '.dockerignore': 'a\n' },
    failing('COPY_SOURCE_MISSING'),
  ),
  on(
    'a link to an ignored file',
    'FROM scratch\nCOPY link /x\n',
    { ...tree, '.dockerignore': 'a\n' },
    failing('COPY_SOURCE_MISSING'),
  ),
  on('a folder of which little is kept', 'FROM scratch\nCOPY dir/sub /x\n', {
    ...tree,
    '.dockerignore': 'dir\n!dir/sub/three.txt\n',
  }),
  on('names of one letter ignored', 'FROM scratch\nCOPY . /x/\n', { ...tree, '.dockerignore': '?\n' }),
  on(
    'a file under two names in one folder',
    'FROM scratch\nCOPY d /x/\n',
    { 'd/f': 'shared', 'd/g': { hard: 'd/f' } },
    newer,
  ),
];
