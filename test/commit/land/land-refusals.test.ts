import { rm, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { previewDelivery } from '../../../src/commit/land/preview.ts';
import type { ErrorCode } from '../../../src/errors.ts';
import type { DeliveryPlan } from '../../../src/plan.ts';
import type { GitHost, RepoSetup } from '../../../src/sandbox/git-host/git-host.ts';
import { packet } from '../../../src/wire/git/pktline.ts';
import { gitHost, noHttpBackend, skipNote } from '../../support/git-host.ts';
import {
  chart,
  deliveryTo,
  fileAt,
  isPush,
  isSound,
  land,
  landed,
  pushesIn,
  quickWorld,
  refusal,
  setTag,
  tokenCredential,
} from '../landing.ts';

const entries = {
  ...chart,
  link: { mode: '120000', content: 'main/values.yaml' },
  folder: { mode: '120000', content: 'main' },
  module: { mode: '160000', content: '1'.repeat(40) },
  'binary.yaml': Buffer.from([0, 1, 2, 3]),
  large: Buffer.alloc(1024 * 1024 + 1, 'a: b\n'),
};

describe.skipIf(noHttpBackend !== undefined)(`a file that can't be edited${skipNote}`, () => {
  it.each<[string, string, ErrorCode, Record<string, unknown>]>([
    ['a missing one, with the nearest names', 'main/value.yaml', 'FILE_NOT_FOUND', { folder: 'main' }],
    ['one in a missing folder', 'mian/values.yaml', 'FILE_NOT_FOUND', { folder: '' }],
    ['one below a file', 'README.md/values.yaml', 'FILE_NOT_FOUND', { folder: 'README.md' }],
    ['a folder', 'main', 'FILE_IS_FOLDER', {}],
    ['a symbolic link', 'link', 'FILE_IS_SYMLINK', { at: 'link' }],
    ['one behind a symbolic link', 'folder/values.yaml', 'FILE_IS_SYMLINK', { at: 'folder' }],
    ['a submodule', 'module', 'FILE_IS_SUBMODULE', { at: 'module' }],
    ['one in a submodule', 'module/values.yaml', 'FILE_IS_SUBMODULE', { at: 'module' }],
    ['a binary one', 'binary.yaml', 'FILE_BINARY', {}],
    ['one that is too large, with the limit', 'large', 'FILE_TOO_LARGE', { size: 1_048_577, limit: 1_048_576 }],
  ])('is refused: %s', async (_, file, code, data) => {
    const host = await gitHost();
    const url = await host.createRepo('config', { files: entries });
    const delivery = deliveryTo(url, setTag('b'), setTag('b', file));
    const error = await refusal(host, delivery);
    expect(error).toMatchObject({ code, exitCode: 6, data: { file, ...data } });
    expect(pushesIn(host)).toEqual([]);
    await expect(previewDelivery(quickWorld(), delivery, undefined)).rejects.toMatchObject({ code });
  });

  it('names what is there, the nearest first and ten at most', async () => {
    const host = await gitHost();
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`main/other-${at}.yaml`, 'x: 1\n']));
    const url = await host.createRepo('config', { files: { ...chart, ...many } });
    const error = await refusal(host, deliveryTo(url, setTag('b', 'main/Values.yml')));
    const { nearest } = (error as { data: { nearest: string[] } }).data;
    expect(nearest).toHaveLength(10);
    expect(nearest[0]).toBe('values.yaml');
  });

  it('is told among others when it is too large, whichever it is', async () => {
    const host = await gitHost();
    const files = { 'a.yaml': 'a: b\n', 'z.yaml': Buffer.alloc(3_000_000, 'a: b\n'), 'b.yaml': 'a: c\n' };
    const url = await host.createRepo('config', { files });
    const edits = Object.keys(files).map((file) => setTag('x', file, '.a'));
    expect(await refusal(host, deliveryTo(url, ...edits))).toMatchObject({
      code: 'FILE_TOO_LARGE',
      data: { file: 'z.yaml', size: 3_000_000 },
    });
  });

  it.each([
    '/main/values.yaml',
    'main//values.yaml',
    '../values.yaml',
    './values.yaml',
    '.git/config',
    '',
    'a/',
  ])('is refused before anything is sent when its path can be none: %j', async (file) => {
    const host = await gitHost();
    const url = await host.createRepo('config', { files: chart });
    const error = await refusal(host, deliveryTo(url, setTag('b', file)));
    expect(error).toMatchObject({ code: 'FILE_PATH_INVALID', exitCode: 2 });
    expect(host.requests).toEqual([]);
  });
});

describe.skipIf(noHttpBackend !== undefined)(`a repository or branch that isn't there${skipNote}`, () => {
  it('is told with the branches that are', async () => {
    const host = await gitHost();
    const url = await host.createRepo('config', { files: chart });
    for (let at = 0; at < 12; at++) await host.git('config', 'branch', `env/${at}`, 'main');
    const error = await refusal(host, { ...deliveryTo(url), branch: 'mian' });
    expect(error).toMatchObject({ code: 'BRANCH_NOT_FOUND', exitCode: 6, data: { branch: 'mian', more: true } });
    const { branches } = (error as { data: { branches: string[] } }).data;
    expect(branches).toHaveLength(10);
    expect(branches[0]).toBe('main');
  });

  it('is told apart from a repository without any commit', async () => {
    for (const fault of [undefined, { is: 'oldProtocol' } as const]) {
      const host = await gitHost({ fault: () => fault });
      const url = await host.createRepo('config');
      expect(await refusal(host, deliveryTo(url))).toMatchObject({ code: 'REPO_EMPTY', exitCode: 6 });
    }
  });

  it.each([
    '',
    'a b',
    'a..b',
    '-x',
    'a.lock',
    'a\nb',
    'refs~1',
    'x/',
    '@',
  ])('is refused before anything is sent when no branch can have the name %j', async (branch) => {
    const host = await gitHost();
    const url = await host.createRepo('config', { files: chart });
    const error = await refusal(host, { ...deliveryTo(url), branch });
    expect(error).toMatchObject({ code: 'BRANCH_NAME_INVALID', exitCode: 2 });
    expect(host.requests).toEqual([]);
  });

  it.each([
    'git@github.com:acme/config.git',
    'ssh://git@host/x.git',
    '/srv/config.git',
    'http://',
    '',
  ])('is refused before anything is sent when its URL is no http one: %j', async (repo) => {
    await expect(land(deliveryTo(repo))).rejects.toMatchObject({ code: 'GIT_URL_UNSUPPORTED', exitCode: 2 });
  });
});

describe.skipIf(noHttpBackend !== undefined)(`a credential${skipNote}`, () => {
  const tokens = { writer: 'write', reader: 'read', other: 'nothing' } as const;
  it.each<[string, string | undefined, RepoSetup, ErrorCode, number]>([
    ['that is missing', undefined, { access: { tokens } }, 'GIT_AUTH_REFUSED', 3],
    ['that is wrong', 'wrong', { access: { tokens } }, 'GIT_AUTH_REFUSED', 3],
    ['without any right here', 'other', { access: { tokens } }, 'REPO_NOT_FOUND', 6],
    ['that may only read', 'reader', { access: { tokens } }, 'GIT_FORBIDDEN', 3],
    ['that is missing where all may read', undefined, { access: { tokens, anonymous: 'read' } }, 'GIT_AUTH_REFUSED', 3],
    [
      'on a host that takes no pushes at all',
      'writer',
      { config: { 'http.receivepack': 'false' } },
      'GIT_FORBIDDEN',
      3,
    ],
  ])('%s is told as that', async (_, token, setup, code, exitCode) => {
    const host = await gitHost();
    const url = await host.createRepo('config', { files: chart, ...setup });
    const credential = token === undefined ? undefined : tokenCredential(token);
    const error = await refusal(host, deliveryTo(url), quickWorld(), credential);
    expect(error).toMatchObject({ code, exitCode, data: { with: credential?.label } });
    expect(JSON.stringify(error) + String(error)).not.toContain(String(token));
  });

  it('shows the words of a host that hides what may not be written', async () => {
    const host = await gitHost({
      fault: ({ service }) =>
        service === 'git-receive-pack' ? { is: 'answer', status: 404, body: 'Repository not found.\n' } : undefined,
    });
    const url = await host.createRepo('config', { files: chart });
    const error = await refusal(host, deliveryTo(url), quickWorld(), tokenCredential('x'));
    expect(error).toMatchObject({ code: 'GIT_FORBIDDEN', peer: { code: '404', text: 'Repository not found.' } });
  });

  it('is told apart from a repository that does not exist only as far as the host does', async () => {
    const host = await gitHost();
    const error = await refusal(host, deliveryTo(host.repoUrl('nowhere')), quickWorld(), tokenCredential('x'));
    expect(error).toMatchObject({ code: 'REPO_NOT_FOUND', exitCode: 6, data: { with: 'TAGBOAT_TOKEN' } });
  });
});

describe.skipIf(noHttpBackend !== undefined)(`a protected branch${skipNote}`, () => {
  it("is told as denied, in the server's own words", async () => {
    const host = await gitHost();
    const preReceive = 'printf "error: \\033[31mGH006\\033[0m: Protected branch\\nAsk Ops\\n" >&2; exit 1';
    const url = await host.createRepo('config', { files: chart, preReceive });
    const error = await refusal(host, deliveryTo(url));
    expect(error).toMatchObject({
      code: 'PUSH_DENIED',
      exitCode: 6,
      peer: { code: 'pre-receive hook declined', text: 'error: GH006: Protected branch\nAsk Ops' },
    });
    // Hooks may open tickets and write mails: they run once.
    expect(pushesIn(host)).toHaveLength(1);
    await isSound(host, 'config');
  });

  it('is told as denied when git itself refuses', async () => {
    const host = await gitHost();
    const url = await host.createRepo('config', { files: chart, config: { 'receive.unpackLimit': '1' } });
    await host.git('config', 'config', 'receive.maxInputSize', '10');
    expect(await refusal(host, deliveryTo(url))).toMatchObject({ code: 'PUSH_DENIED', exitCode: 6 });
  });

  it('is not taken for one while a rival holds its lock, and moves it a moment later', async () => {
    let looks = 0;
    const host: GitHost = await gitHost({
      fault: async (request) => {
        const lock = `${host.repoDir('config')}/refs/heads/main.lock`;
        if (isPush(request)) {
          if (looks === 0) await writeFile(lock, '');
          looks += 1;
        } else if (looks > 0 && ++looks === 4) {
          await rm(lock);
          await host.commit('config', { files: { 'other.yaml': 'x: 1\n' } });
        }
        return undefined;
      },
    });
    const url = await host.createRepo('config', { files: chart });
    expect(await land(deliveryTo(url))).toMatchObject({ is: 'landed', attempts: 2 });
    await isSound(host, 'config');
  });

  it('tells what the server says of the branch, when it refuses the pack as a whole', async () => {
    const lines = ['unpack error abnormal exit\n', 'ng refs/heads/main TF402455: push to a protected branch\n'];
    const headers = { 'content-type': 'application/x-git-receive-pack-result' };
    const body = `${lines.map(packet).join('')}0000`;
    const host = await gitHost({
      fault: (request) => (isPush(request) ? { is: 'answer', status: 200, headers, body } : undefined),
    });
    const url = await host.createRepo('config', { files: chart });
    expect(await refusal(host, deliveryTo(url))).toMatchObject({
      code: 'PUSH_DENIED',
      peer: { code: 'TF402455: push to a protected branch', text: 'error abnormal exit' },
    });
  });

  it.each([
    ['to a read', 'git-upload-pack'],
    ['to a push', 'git-receive-pack'],
  ])('is not what 403 with a time to come again means %s: that is a limit', async (_, limited) => {
    const host = await gitHost({
      fault: ({ service, isCall }) =>
        isCall && service === limited ? { is: 'answer', status: 403, headers: { 'retry-after': '600' } } : undefined,
    });
    const url = await host.createRepo('config', { files: chart });
    expect(await refusal(host, deliveryTo(url))).toMatchObject({
      ...{ code: 'GIT_RATE_LIMITED', data: { status: 403, until: expect.stringMatching(/^\d{4}-.*Z$/) } },
    });
  });

  it.each([
    502, 503,
  ])('nor are pushes that get %i for some seconds: they are sent again until they are taken', async (status) => {
    const world = quickWorld();
    const began = world.clock.now();
    const host = await gitHost({
      fault: (request) => (isPush(request) && world.clock.now() - began < 8_000 ? { is: 'answer', status } : undefined),
    });
    const url = await host.createRepo('config', { files: chart });
    landed(await land(deliveryTo(url), world));
    expect(await host.git('config', 'rev-list', '--count', 'main')).toBe('2\n');
  });

  it('is read though its newest commit has a message of two megabytes', async () => {
    const host = await gitHost();
    const url = await host.createRepo('config', { files: chart });
    await host.commit('config', { files: { 'other.yaml': 'x: 1\n' }, message: `${'All of it.\n'.repeat(200_000)}` });
    landed(await land(deliveryTo(url)));
    await isSound(host, 'config');
  });

  it('that reports a push as done which it never made is not believed by a run that waits for a verdict', async () => {
    const report = `${packet('unpack ok\n')}${packet('ok refs/heads/main\n')}0000`;
    const host = await gitHost({
      fault: async (request) =>
        isPush(request)
          ? {
              is: 'answer',
              status: 200,
              headers: { 'content-type': 'application/x-git-receive-pack-result' },
              body: `${packet(`\u0001${report}`)}0000`,
            }
          : undefined,
    });
    const url = await host.createRepo('config', { files: chart });
    const deploy = {} as NonNullable<DeliveryPlan['deploy']>;
    await expect(land({ ...deliveryTo(url), deploy })).rejects.toMatchObject({ code: 'PUSH_DENIED', exitCode: 6 });
    expect(await fileAt(host, 'config')).toBe(chart['main/values.yaml']);
  });
});
