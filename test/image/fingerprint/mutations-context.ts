import { type Change, files, type Mutation, mutation } from './mutation.ts';

const all = {
  ...files,
  'shared/lib.txt': 'lib\n',
  'shared/dir/one.md': 'one\n',
  'shared/other.txt': 'other\n',
  'more/lib.txt': 'more\n',
};
const folder = { files: all, contexts: { shared: 'shared' } };
const ignoring = (text: string) => ({ ...folder, files: { ...all, 'shared/.dockerignore': text } });
const set = (changed: NonNullable<Change['files']>): Change => ({ files: changed });

const one = 'FROM scratch\nCOPY --from=shared lib.txt /x/\n';
const whole = 'FROM scratch\nCOPY --from=shared . /x/\n';
const stage = 'FROM scratch AS shared\nCOPY a /lib.txt\nFROM scratch\nCOPY --from=shared lib.txt /x/\n';
const mount = 'FROM SHELL\nRUN --mount=from=shared,target=/m read X < /m/lib.txt; echo "$X" > /f\n';
const part = 'FROM SHELL\nRUN --mount=from=shared,source=dir,target=/m read X < /m/one.md; echo "$X" > /f\n';
const moving = { contexts: { tools: 'docker-image://MOVING' } };
const moved = { moved: true } as const;

/** Changes of what build contexts by name bring. */
export const contextMutations: readonly Mutation[] = [
  mutation('context: a file that is copied', one, set({ 'shared/lib.txt': '!' }), folder),
  mutation(
    'context: the permissions of a file that is copied',
    one,
    set({ 'shared/lib.txt': { text: 'lib\n', mode: 0o755 } }),
    folder,
  ),
  mutation('context: a file that is not copied', one, set({ 'shared/other.txt': '!' }), folder),
  mutation('context: a file of the main one', one, set({ a: '!' }), folder),
  mutation('context: one file more in a folder that is copied', whole, set({ 'shared/dir/new': '!' }), folder),
  mutation('context: another folder of the same name', one, { contexts: { shared: 'more' } }, folder),
  mutation(
    'context: another folder with the same file',
    one,
    { contexts: { shared: 'more' } },
    {
      ...folder,
      files: { ...all, 'more/lib.txt': 'lib\n' },
    },
  ),
  mutation(
    'context: a file that its .dockerignore leaves out',
    whole,
    set({ 'shared/dir/one.md': '!' }),
    ignoring('dir\n'),
  ),
  mutation(
    'context: a file that its .dockerignore leaves in',
    whole,
    set({ 'shared/lib.txt': '!' }),
    ignoring('dir\n'),
  ),
  mutation(
    'context: its .dockerignore leaves out what was copied',
    whole.replace(' .', ' dir'),
    set({ 'shared/.dockerignore': '**/*.md\n' }),
    ignoring('z\n'),
  ),
  mutation(
    'context: its .dockerignore leaves out what was not copied',
    one,
    set({ 'shared/.dockerignore': 'other.txt\n' }),
    ignoring('z\n'),
  ),
  mutation("context: the main one's .dockerignore", one, set({ '.dockerignore': 'shared\n' }), {
    ...folder,
    files: { ...all, '.dockerignore': 'z\n' },
  }),
  mutation("context: the Dockerfile's own ignore file", one, set({ 'Dockerfile.dockerignore': '*.txt\n' }), folder),
  mutation('context: one that nothing uses', 'FROM scratch\nCOPY a /x\n', set({ 'shared/lib.txt': '!' }), folder),
  mutation('context: one more that nothing uses', one, { contexts: { other: 'more' } }, folder),
  mutation(
    'context: one that only a stage uses that nobody needs',
    'FROM scratch AS no\nCOPY --from=shared . /x\nFROM scratch\nCOPY a /x\n',
    set({ 'shared/lib.txt': '!' }),
    folder,
  ),
  mutation('context: what the stage in its place copies', stage, set({ a: '!' }), folder),
  mutation('context: the text of the stage in its place', stage, stage.replace('a /lib.txt', 'b /other'), folder),
  mutation('context: a file instead of a stage', stage, set({ 'shared/lib.txt': '!' }), folder),
  mutation('context: a file beside what is taken instead of a stage', stage, set({ 'shared/other.txt': '!' }), folder),
  mutation('context: a stage gets one in its place', stage, { contexts: { shared: 'shared' } }, { files: all }),
  mutation('context: a folder that is stood on', 'FROM shared\nCOPY a /x\n', set({ 'shared/dir/one.md': '!' }), folder),
  mutation(
    'context: the permissions of a folder that is stood on',
    'FROM shared\nCOPY a /x\n',
    { modes: { shared: 0o700 } },
    folder,
  ),
  mutation(
    'context: an ignored file of a folder that is stood on',
    'FROM shared\nCOPY a /x\n',
    set({ 'shared/dir/one.md': '!' }),
    ignoring('dir\n'),
  ),
  mutation('context: a mounted file', mount, set({ 'shared/lib.txt': '!' }), folder),
  mutation('context: a file beside a mounted folder', part, set({ 'shared/lib.txt': '!' }), folder),
  mutation('context: a file in a mounted folder', part, set({ 'shared/dir/one.md': '!' }), folder),
  mutation('context: an ignored file of a mount', mount, set({ 'shared/dir/one.md': '!' }), ignoring('dir\n')),
  mutation(
    'context: a mounted file instead of a stage',
    `FROM scratch AS shared\n${mount}`,
    set({ 'shared/lib.txt': '!' }),
    folder,
  ),
  mutation('context: a file beside a mount of a part', part, set({ 'shared/other.txt': '!' }), folder),
  mutation('context: a base image moves', 'FROM tools\nCOPY a /x\n', moved, moving),
  mutation('context: an image that is copied from moves', 'FROM scratch\nCOPY --from=tools /f /x\n', moved, moving),
  mutation(
    'context: an image that is mounted moves',
    'FROM SHELL\nRUN --mount=from=tools,target=/m read X < /m/f; echo "$X" > /f\n',
    moved,
    moving,
  ),
  mutation('context: an image that nothing uses moves', 'FROM scratch\nCOPY a /x\n', moved, moving),
  mutation('context: an image instead of a base moves', 'FROM alpine\nCOPY a /x\n', moved, {
    contexts: { 'docker.io/library/alpine:latest': 'docker-image://MOVING' },
  }),
  mutation('context: the base that it stands for moves', 'FROM MOVING\nCOPY a /x\n', moved, {
    contexts: { MOVING: 'docker-image://BASE' },
  }),
];
