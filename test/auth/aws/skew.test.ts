import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { ecrToken } from '../../../src/auth/aws/ecr.ts';
import { createKeeper } from '../../../src/auth/keeper.ts';
import { Secret } from '../../../src/wire/secret.ts';
import { serveHttp } from '../../support/servers.ts';
import { jumpingClock, type TestWorld, testWorld } from '../../support/world.ts';

const keys = { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'secret' };
const session = {
  value: { accessKeyId: 'ASIA', secretAccessKey: new Secret('s', 's'), sessionToken: new Secret('t', 't') },
  expiresAt: undefined,
  role: 'arn:aws:iam::123456789012:role/deliver',
};

interface Ecr {
  readonly world: TestWorld;
  readonly asked: () => number;
}

/** An ECR whose clock is off by so much, and that takes a request when `takes` says so of its number. */
async function ecr(offMs: number, refusal: string, takes: (number: number, signedAt: number) => boolean): Promise<Ecr> {
  let asked = 0;
  const url = await serveHttp(async (request, response) => {
    asked += 1;
    await text(request);
    const stamp = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(String(request.headers['x-amz-date'])) ?? [];
    const [year, month, day, hour, minute, second] = stamp.slice(1).map(Number) as [number, ...number[]];
    const signedAt = Date.UTC(year, (month ?? 1) - 1, day, hour, minute, second);
    response.setHeader('date', new Date(Date.now() + offMs).toUTCString());
    response.setHeader('content-type', 'application/x-amz-json-1.1');
    if (!takes(asked, signedAt)) {
      return response.writeHead(400).end(JSON.stringify({ __type: refusal, message: 'no' }));
    }
    const authorizationToken = Buffer.from('AWS:password').toString('base64');
    response.end(
      JSON.stringify({ authorizationData: [{ authorizationToken, expiresAt: Date.now() / 1_000 + 3_600 }] }),
    );
  });
  const env = { ...keys, AWS_ENDPOINT_URL_ECR: url };
  return { world: testWorld({ env, clock: jumpingClock(Date.now()) }), asked: () => asked };
}

const about = { host: 'r.test', region: 'eu-west-1', about: undefined };

function token({ world }: Ecr, known: typeof session | undefined): Promise<unknown> {
  return ecrToken(world, createKeeper(world.mask), { ...about, session: known });
}

it.each([
  20, -20,
])('a clock that is %d minutes off is put right by the answer, and asked once more', async (minutes) => {
  const off = minutes * 60_000;
  const inTime = (_: number, signedAt: number) => Math.abs(signedAt - (Date.now() + off)) < 300_000;
  const service = await ecr(off, 'InvalidSignatureException', inTime);
  expect(await token(service, undefined)).toMatchObject({ value: { username: 'AWS' } });
  expect(service.asked()).toBe(2);
});

it('a signature that is wrong at the right time is asked no more', async () => {
  const service = await ecr(0, 'InvalidSignatureException', () => false);
  await expect(token(service, undefined)).rejects.toMatchObject({ code: 'ECR_TOKEN_REFUSED', data: { badKey: true } });
  expect(service.asked()).toBe(1);
});

it.each([
  'UnrecognizedClientException',
  'InvalidClientTokenId',
])('a fresh session that is not known everywhere yet (%s) is given some seconds', async (refusal) => {
  const service = await ecr(0, refusal, (number) => number > 3);
  expect(await token(service, session)).toMatchObject({ value: { username: 'AWS' } });
  expect(service.asked()).toBe(4);
});

it('a session that nobody gets to know is told in the end, and keys that nobody knows at once', async () => {
  const service = await ecr(0, 'UnrecognizedClientException', () => false);
  await expect(token(service, session)).rejects.toMatchObject({ code: 'ECR_TOKEN_REFUSED' });
  expect(service.asked()).toBe(5);
  await expect(token(service, undefined)).rejects.toMatchObject({ code: 'ECR_TOKEN_REFUSED' });
  expect(service.asked()).toBe(6);
});
