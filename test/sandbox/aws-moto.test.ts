import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import { AssumeRoleWithWebIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startAws } from '../../src/sandbox/aws/aws.ts';
import { startGitHub } from '../../src/sandbox/github/github.ts';

const hasMoto = spawnSync('python3', ['-c', 'import moto.server']).status === 0;
const reason = hasMoto ? '' : ' (skipped: moto is missing; Debian has no package, pip install "moto[server]")';

const server = `
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address='127.0.0.1', port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
server.stop()
`;

/** Moto's own server on a free loopback port. It ends when its stdin does. */
async function startMoto(): Promise<string> {
  const child = spawn('python3', ['-c', server], { stdio: ['pipe', 'pipe', 'ignore'] });
  onTestFinished(async () => {
    child.stdin.end();
    if (child.exitCode === null) await once(child, 'exit');
  });
  for await (const line of createInterface({ input: child.stdout })) {
    if (/^\d+$/.test(line)) return `http://127.0.0.1:${line}`;
  }
  throw new Error('moto ended without naming its port');
}

/** A value's shape: types in the place of values. */
function shape(value: unknown): unknown {
  if (value instanceof Date) return 'date';
  if (Array.isArray(value)) return value.map(shape);
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, inner]) => name !== '$metadata' && inner !== undefined)
      .map(([name, inner]) => [name, shape(inner)])
      .sort(([a], [b]) => String(a).localeCompare(String(b))),
  );
}

const region = 'ap-northeast-1';
const arn = 'arn:aws:iam::123456789012:role/deliver';

async function answersOf(endpoint: string, token: string) {
  const assumed = await new STSClient({ endpoint, region }).send(
    new AssumeRoleWithWebIdentityCommand({ RoleArn: arn, RoleSessionName: 'tagboat-1', WebIdentityToken: token }),
  );
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = assumed.Credentials ?? {};
  const credentials = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
  const password = await new ECRClient({ endpoint, region, credentials }).send(new GetAuthorizationTokenCommand({}));
  return { assumed, password };
}

describe.skipIf(!hasMoto)(`beside moto${reason}`, () => {
  it('the AWS SDK reads the same shapes from both', async () => {
    const github = await startGitHub();
    onTestFinished(() => github.close());
    const host = github.issuer.replace('http://', '');
    const federated = { Federated: `arn:aws:iam::123456789012:oidc-provider/${host}` };
    const trust = {
      Statement: [{ Effect: 'Allow' as const, Principal: federated, Action: 'sts:AssumeRoleWithWebIdentity' }],
    };
    const providers = [{ issuer: github.issuer, audiences: ['sts.amazonaws.com'] }];
    const aws = await startAws({ providers, roles: [{ arn, trust }] });
    onTestFinished(() => aws.close());

    const token = github.idToken('sts.amazonaws.com');
    const ours = await answersOf(aws.url, token);
    const motos = await answersOf(await startMoto(), token);
    expect(shape(ours.password)).toEqual(shape(motos.password));
    const ofMoto = shape(motos.assumed) as Record<string, unknown>;
    // Only meaningful with a session policy, and left out here.
    delete ofMoto.PackedPolicySize;
    expect(shape(ours.assumed)).toEqual(ofMoto);
    expect(ours.assumed.AssumedRoleUser?.Arn).toBe(motos.assumed.AssumedRoleUser?.Arn);
    expect(ours.password.authorizationData?.[0]?.proxyEndpoint).toBe(
      motos.password.authorizationData?.[0]?.proxyEndpoint,
    );
  });
});
