import { type Case, failing, newer, on, tree } from './case.ts';

const shared = {
  ...tree,
  'shared/lib.txt': 'lib\n',
  'shared/bin/tool': { text: '#!/bin/sh\n', mode: 0o755 },
  'shared/deep/one.md': 'one\n',
  'shared/deep/link': { link: '../lib.txt' },
  'shared/out': { link: '../a' },
};
const named = (contexts: Readonly<Record<string, string>>) => ({ ...newer, contexts });
const folder = named({ shared: 'shared' });
const ignoring = (text: string) => ({ ...shared, 'shared/.dockerignore': text });

/** Build contexts by their names. */
export const contextCases: readonly Case[] = [
  on('context: a file of a folder', 'FROM scratch\nCOPY --from=shared lib.txt /x/\n', shared, folder),
  on('context: the whole folder', 'FROM scratch\nCOPY --from=shared . /x/\n', shared, folder),
  on('context: a glob', 'FROM scratch\nCOPY --from=shared deep/*.md *.txt /x/\n', shared, folder),
  on('context: a link inside of it', 'FROM scratch\nCOPY --from=shared deep/link /x\n', shared, folder),
  on('context: a link out of it', 'FROM scratch\nCOPY --from=shared out /x\n', shared, {
    ...folder,
    ...failing('COPY_SOURCE_MISSING'),
  }),
  on('context: a source above it', 'FROM scratch\nCOPY --from=shared ../lib.txt /x\n', shared, folder),
  on(
    'context: chown, chmod and exclude',
    'FROM BASE\nCOPY --from=shared --chown=app --chmod=640 --exclude=*.md . /x/\n',
    { ...shared, 'shared/out': 'out\n' },
    folder,
  ),
  on(
    'context: --link and --parents',
    'FROM BASE\nCOPY --from=shared --link --parents deep/one.md /x/\n',
    shared,
    folder,
  ),
  on('context: its own .dockerignore', 'FROM scratch\nCOPY --from=shared . /x/\n', ignoring('deep\n*.txt\n'), folder),
  on(
    'context: its own .dockerignore with exceptions',
    'FROM scratch\nCOPY --from=shared . /x/\n',
    ignoring('**\n!bin\n'),
    folder,
  ),
  on(
    'context: a file that its .dockerignore leaves out',
    'FROM scratch\nCOPY --from=shared lib.txt /x/\n',
    ignoring('*.txt\n'),
    {
      ...folder,
      ...failing('COPY_SOURCE_MISSING'),
    },
  ),
  on(
    "context: the Dockerfile's own ignore file is not for it",
    'FROM scratch\nCOPY --from=shared . /x/\n',
    { ...shared, 'Dockerfile.dockerignore': 'lib.txt\ndeep\n' },
    folder,
  ),
  on(
    'context: the main one leaves it out',
    'FROM scratch\nCOPY --from=shared . /x/\n',
    { ...shared, '.dockerignore': 'shared\n' },
    folder,
  ),
  on(
    'context: a folder instead of a stage',
    'FROM scratch AS shared\nCOPY a /lib.txt\nFROM scratch\nCOPY --from=shared lib.txt /x/\n',
    shared,
    folder,
  ),
  on(
    'context: a folder instead of a stage, by its number',
    'FROM scratch AS shared\nCOPY a /lib.txt\nFROM scratch\nCOPY --from=0 lib.txt /x/\n',
    shared,
    folder,
  ),
  on(
    'context: a folder instead of a stage with capitals',
    'FROM scratch AS Shared\nCOPY a /lib.txt\nFROM scratch\nCOPY --from=SHARED lib.txt /x/\n',
    shared,
    folder,
  ),
  on(
    'context: a folder instead of a stage that could not be built',
    'FROM scratch AS shared\nCOPY none /lib.txt\nFROM scratch\nCOPY --from=shared lib.txt /x/\n',
    shared,
    folder,
  ),
  on(
    'context: an image instead of a stage',
    'FROM scratch AS tools\nCOPY a /x\nFROM tools\nCOPY b /y\n',
    tree,
    named({ tools: 'docker-image://BASE' }),
  ),
  on(
    'context: an image instead of a stage that is copied from',
    'FROM scratch AS tools\nFROM scratch\nCOPY --from=tools /etc/passwd /p\n',
    tree,
    named({ tools: 'docker-image://BASE' }),
  ),
  on(
    'context: an image instead of the target',
    'FROM scratch AS one\nCOPY a /x\n',
    tree,
    named({ one: 'docker-image://BASE' }),
  ),
  on(
    'context: an image instead of the base',
    'FROM alpine:3.20\nCOPY a /x\n',
    tree,
    named({ 'alpine:3.20': 'docker-image://BASE' }),
  ),
  on(
    "context: an image by its base's whole name",
    'FROM alpine\nCOPY a /x\n',
    tree,
    named({ 'docker.io/library/alpine:latest': 'docker-image://BASE' }),
  ),
  on(
    'context: a base by its short name',
    'FROM docker.io/library/alpine:latest\nCOPY a /x\n',
    tree,
    named({ alpine: 'docker-image://BASE' }),
  ),
  on(
    'context: a base from an argument',
    'ARG B=alpine\nFROM $B\nCOPY a /x\n',
    tree,
    named({ alpine: 'docker-image://BASE' }),
  ),
  on(
    'context: another tag is another image',
    'FROM BASE\nCOPY a /x\n',
    tree,
    named({ 'base:1': 'docker-image://none' }),
  ),
  on(
    'context: an image that is copied from',
    'FROM scratch\nCOPY --from=tools /etc/passwd /p\n',
    tree,
    named({ tools: 'docker-image://BASE' }),
  ),
  on(
    'context: nothing instead of an image',
    'FROM alpine\nCOPY a /x\n',
    tree,
    named({ alpine: 'docker-image://scratch' }),
  ),
  on('context: its variables', 'FROM tools\nCOPY a /x$PATH/\n', tree, named({ tools: 'docker-image://BASE' })),
  on(
    'context: one that nothing uses',
    'FROM scratch\nCOPY a /x\n',
    shared,
    named({ other: 'shared', more: 'docker-image://none' }),
  ),
  on(
    'context: a stage goes before its base',
    'FROM scratch AS base\nCOPY a /f\nFROM base\nCOPY b /g\n',
    tree,
    named({ 'base:latest': 'docker-image://BASE' }),
  ),
];
