import { expect, it } from 'vitest';
import { explainGitFailure } from '../../../src/commit/repo/git-failure.ts';
import { WireFailure } from '../../../src/wire/failure.ts';

const doing = { delivery: { repo: 'https://git.test/config' }, credential: undefined, doing: 'read' } as const;
const url = 'https://git.test/config/git-upload-pack';

it.each([
  ['a proxy that wants to know who asks', new WireFailure('proxy', url, { peerCode: '407' }), 'GIT_PROXY_REFUSED'],
  ['a proxy that nobody named', new WireFailure('status', url, { status: 407 }), 'GIT_PROXY_REFUSED'],
  ['a proxy that finds no host', new WireFailure('proxy', url, { peerCode: '502' }), 'GIT_UNREACHABLE'],
] as const)('%s is told as that', (_, failure, code) => {
  expect(explainGitFailure(failure, doing)).toMatchObject({ code, exitCode: 6 });
});
