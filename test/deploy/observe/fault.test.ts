import { expect, it } from 'vitest';
import { argocdError, mayPass } from '../../../src/deploy/observe/fault.ts';
import { WireFailure } from '../../../src/wire/failure.ts';

const asked = { server: 'https://argocd.test', with: 'ARGOCD_AUTH_TOKEN' };
const url = 'https://argocd.test/api/v1/applications';

it.each([
  ['a proxy that wants to know who asks', { kind: 'proxy', peerCode: '407' }, 'ARGOCD_PROXY_REFUSED', 7, false],
  ['a proxy that nobody named', { kind: 'status', status: 407 }, 'ARGOCD_PROXY_REFUSED', 7, false],
  ['a proxy that finds no host', { kind: 'proxy', peerCode: '502', retryable: true }, 'ARGOCD_UNREACHABLE', 7, true],
  ['a server that stays silent', { kind: 'timeout' }, 'ARGOCD_TIMEOUT', 8, true],
] as const)('%s is told as that, and waited for where that may help', (_, {
  kind,
  ...about
}, code, exitCode, passes) => {
  const failure = new WireFailure(kind, url, about);
  expect(argocdError(failure, asked)).toMatchObject({ code, exitCode });
  expect(mayPass(failure)).toBe(passes);
});
