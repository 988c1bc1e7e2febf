import { expect, it } from 'vitest';
import { type FailureKind, WireFailure } from '../../../src/wire/failure.ts';
import { type Answerer, OciFailure, readRefusal } from '../../../src/wire/oci/failure.ts';
import { type AtRegistry, registryError } from '../../../src/wire/oci/report.ts';

const push: AtRegistry = { host: 'ghcr.io', repository: 'acme/app', doing: 'push' };
const pull: AtRegistry = { host: 'ghcr.io', repository: 'acme/app', doing: 'pull', reference: 'v1' };

function status(code: number, codes: string[] = []): OciFailure {
  const failure = new WireFailure('status', 'https://ghcr.io/v2/', { status: code });
  return new OciFailure(failure, { host: 'ghcr.io', codes });
}

it.each<[FailureKind, string]>([
  ['unreachable', 'REGISTRY_UNREACHABLE'],
  ['tls', 'REGISTRY_UNTRUSTED'],
  ['timeout', 'REGISTRY_TIMEOUT'],
  ['cut', 'REGISTRY_CUT'],
  ['malformed', 'REGISTRY_MALFORMED'],
  ['tooLarge', 'REGISTRY_MALFORMED'],
])('a connection that ends as %s is %s', (kind, code) => {
  expect(registryError(new WireFailure(kind, 'https://ghcr.io/v2/'), push)).toMatchObject({ code, exitCode: 5 });
});

it.each([
  ['407', 'REGISTRY_PROXY_REFUSED'],
  ['403', 'REGISTRY_UNREACHABLE'],
])('a proxy that answers %s to CONNECT is %s', (peerCode, code) => {
  const failure = new WireFailure('proxy', 'https://ghcr.io/v2/', { peerCode });
  expect(registryError(failure, push)).toMatchObject({ code, exitCode: 5 });
});

it.each<[number, string[], AtRegistry, string, number]>([
  [401, [], push, 'REGISTRY_AUTH_REFUSED', 3],
  [403, ['DENIED'], push, 'REGISTRY_FORBIDDEN', 3],
  [404, ['NAME_UNKNOWN'], push, 'REPOSITORY_NOT_FOUND', 5],
  [404, [], push, 'REGISTRY_REFUSED', 5],
  [404, ['BLOB_UPLOAD_UNKNOWN'], push, 'REGISTRY_REFUSED', 5],
  [404, ['NAME_UNKNOWN'], pull, 'REPOSITORY_NOT_FOUND', 5],
  [404, ['MANIFEST_UNKNOWN'], pull, 'MANIFEST_NOT_FOUND', 5],
  [404, [], pull, 'MANIFEST_NOT_FOUND', 5],
  [404, ['BLOB_UNKNOWN'], pull, 'BLOB_NOT_FOUND', 5],
  [404, ['UNSUPPORTED'], pull, 'REGISTRY_REFUSED', 5],
  [407, [], push, 'REGISTRY_PROXY_REFUSED', 5],
  [429, [], pull, 'REGISTRY_RATE_LIMITED', 5],
  [500, [], pull, 'REGISTRY_SERVER_ERROR', 5],
  [503, [], pull, 'REGISTRY_SERVER_ERROR', 5],
  [507, [], push, 'REGISTRY_STORAGE_FULL', 5],
  [400, ['MANIFEST_INVALID'], push, 'REGISTRY_REFUSED', 5],
  [302, [], push, 'REGISTRY_REFUSED', 5],
])('%i %j is one error', (code, codes, about, name, exitCode) => {
  const error = registryError(status(code, codes), about);
  expect(error).toMatchObject({ code: name, exitCode, data: { host: 'ghcr.io', repository: 'acme/app' } });
  expect(error.peer?.code).toBe(codes[0] ?? String(code));
});

it.each<[number, Answerer, AtRegistry, string]>([
  [404, 'tokenServer', pull, 'REGISTRY_REFUSED'],
  [401, 'tokenServer', pull, 'REGISTRY_AUTH_REFUSED'],
  [401, 'redirect', pull, 'REGISTRY_REFUSED'],
  [403, 'redirect', pull, 'REGISTRY_REFUSED'],
  [404, 'redirect', pull, 'REGISTRY_REFUSED'],
  [503, 'redirect', pull, 'REGISTRY_SERVER_ERROR'],
  [500, 'redirect', pull, 'REGISTRY_SERVER_ERROR'],
  [429, 'redirect', pull, 'REGISTRY_RATE_LIMITED'],
])('%i of a %s says nothing of our rights or the images', (code, answerer, about, name) => {
  const failure = new WireFailure('status', 'https://blobs.test/x', { status: code });
  expect(registryError(new OciFailure(failure, { host: 'ghcr.io', answerer }), about).code).toBe(name);
});

it('a failure keeps what is known of it until more is found out', () => {
  const url = 'https://ghcr.io/v2/';
  const from = new WireFailure('status', url, { status: 400, peerCode: 'P', peerText: 'why', retryable: true });
  const said = { status: 400, peerCode: 'P', peerText: 'why', retryable: true };
  const plain = new OciFailure(from, { host: 'ghcr.io' });
  expect(plain).toMatchObject({ ...said, repository: undefined, finding: undefined, answerer: 'registry', codes: [] });
  const known = {
    repository: 'acme/app',
    finding: { is: 'tagRefused', tag: 'v1', there: undefined },
    answerer: 'redirect',
  } as const;
  const first = new OciFailure(from, { host: 'ghcr.io', ...known });
  expect(new OciFailure(first, { host: 'r.test' })).toMatchObject({ ...said, ...known, host: 'r.test' });
  expect(new OciFailure(status(400, ['DENIED']), { host: 'ghcr.io' })).toMatchObject({ codes: ['DENIED'] });
  const more = {
    repository: 'b',
    finding: { is: 'tagRefused', tag: 'v2', there: undefined },
    answerer: 'tokenServer',
  } as const;
  const about = { ...more, codes: ['X1'], retryable: false };
  const found = new OciFailure(first, { host: 'ghcr.io', text: 'more', ...about });
  expect(found).toMatchObject({ ...about, peerText: 'more', peerCode: 'X1' });
});

it('what the client found out goes before the status', () => {
  const digest = `sha256:${'1'.repeat(64)}` as const;
  const found = (finding: NonNullable<OciFailure['finding']>) =>
    registryError(new OciFailure(status(400), { host: 'ghcr.io', finding }), push);
  expect(found({ is: 'tagHeld', tag: 'v1', digest })).toMatchObject({
    ...{ code: 'TAG_IMMUTABLE', data: { tag: 'v1', held: digest, repository: 'acme/app' } },
  });
  expect(found({ is: 'tagRefused', tag: 'v1', there: undefined })).toMatchObject({
    code: 'TAG_REFUSED',
    data: { tag: 'v1' },
  });
  expect(found({ is: 'mismatch', digest })).toMatchObject({ code: 'BLOB_MISMATCH', data: { digest } });
});

it('the error has what tells its cause: who refused, with which login, of which name, for how long', () => {
  const data = (failure: WireFailure, about: AtRegistry = pull) => registryError(failure, about).data;
  const from = (answerer: Answerer) => new OciFailure(status(400, ['DENIED']), { host: 'ghcr.io', answerer });
  expect(data(from('registry'))).toMatchObject({ by: undefined, status: 400, code: 'DENIED' });
  expect(data(from('tokenServer'))).toMatchObject({ by: 'https://ghcr.io/v2/' });
  expect(data(new WireFailure('status', 'https://ghcr.io/v2/'))).toMatchObject({ status: 0 });
  expect([data(status(401)), data(status(401), { ...pull, login: false })]).toMatchObject([
    { login: true },
    { login: false },
  ]);
  const missing = new WireFailure('status', 'https://ghcr.io/v2/', { status: 404 });
  expect(registryError(missing, pull)).toMatchObject({ code: 'MANIFEST_NOT_FOUND', data: { reference: 'v1' } });
  expect(data(missing, { host: 'ghcr.io', doing: 'pull' })).toMatchObject({ reference: 'of that name' });
  const busy = (retryAfterMs?: number) =>
    new WireFailure('status', 'https://ghcr.io/v2/', { status: 429, retryAfterMs });
  expect([data(busy()), data(busy(1_001))]).toMatchObject([{ seconds: undefined }, { seconds: 2 }]);
});

it('a base that may not be read asks for no right to write', () => {
  const hints = [pull, push].map((about) => registryError(status(403), { ...about, host: 'registry.test' }).hint);
  expect(hints[0]).toContain('read');
  expect(hints[0]).not.toContain('write');
  expect(hints[1]).toContain('write');
});

it.each([
  '123456789012.dkr.ecr.eu-west-1.amazonaws.com',
  '123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn',
  '123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com',
  '123456789012.dkr-ecr.eu-west-1.on.aws',
  '123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu',
  'vpce-0123456789abcdef-abcdefgh.dkr.ecr.eu-west-1.vpce.amazonaws.com',
])('%s is told what ECR wants', (host) => {
  expect(registryError(status(403), { ...push, host }).hint).toContain('ecr:GetAuthorizationToken');
});

it('a message that says otherwise decides nothing', () => {
  const failure = new WireFailure('status', 'https://ghcr.io/v2/', {
    status: 400,
    peerText: '401 unauthorized: tag is immutable, name unknown, manifest unknown, too many requests',
  });
  expect(registryError(failure, push).code).toBe('REGISTRY_REFUSED');
});

it.each<[string | undefined, string, { codes: string[]; text: string }]>([
  [
    'application/json',
    '{"errors":[{"code":"DENIED","message":"no"},{"code":"UNKNOWN","message":"why"}]}',
    { codes: ['DENIED', 'UNKNOWN'], text: 'no; why' },
  ],
  [
    'application/json',
    '{"details":"incorrect username or password"}',
    { codes: [], text: 'incorrect username or password' },
  ],
  ['application/json', '{"error":"invalid_grant"}', { codes: [], text: 'invalid_grant' }],
  ['application/json', '{"errors":[]}', { codes: [], text: '{"errors":[]}' }],
  ['application/json', '{"errors":[null,1,{"code":7}]}', { codes: [], text: '{"errors":[null,1,{"code":7}]}' }],
  ['application/json', '{"errors":[],"message":"no"}', { codes: [], text: 'no' }],
  ['application/json', '{"errors":"no","message":"why"}', { codes: [], text: 'why' }],
  ['application/json', 'null', { codes: [], text: 'null' }],
  ['text/plain', ' Not Authorized\n', { codes: [], text: 'Not Authorized' }],
  [undefined, '', { codes: [], text: '' }],
  ['text/html', 'x', { codes: [], text: 'an HTML page' }],
  [undefined, '\n<!DOCTYPE html><p>', { codes: [], text: 'an HTML page' }],
])('the words of a refusal are read from %s %s', (type, body, expected) => {
  expect(readRefusal(type, body)).toEqual(expected);
});
