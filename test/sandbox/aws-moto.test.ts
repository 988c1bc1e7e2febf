import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import { AssumeRoleWithWebIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startAws } from '../support/aws/aws.ts';
import { startGitHub } from '../support/github/github.ts';

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

const questions = `
import json, sys, boto3
from botocore.exceptions import ClientError
endpoint, secret = sys.argv[1:]
def client(name):
    return boto3.client(name, endpoint_url=endpoint, region_name='ap-northeast-1', aws_access_key_id='AKIAUSER', aws_secret_access_key=secret)
def ask(call, **about):
    try:
        answer = call(**about)
        answer.pop('ResponseMetadata')
        return answer
    except ClientError as error:
        return error.response['Error']['Code']
iam, ecr = client('iam'), client('ecr')
role, provider = 'arn:aws:iam::123456789012:role/deliver', 'arn:aws:iam::123456789012:oidc-provider/x.example'
print(json.dumps({
    'role': ask(iam.get_role, RoleName='deliver'),
    'noRole': ask(iam.get_role, RoleName='other'),
    'provider': ask(iam.get_open_id_connect_provider, OpenIDConnectProviderArn=provider),
    'noProvider': ask(iam.get_open_id_connect_provider, OpenIDConnectProviderArn=provider + 'x'),
    'simulated': ask(iam.simulate_principal_policy, PolicySourceArn=role, ActionNames=['ecr:PutImage', 'ecr:BatchGetImage'], ResourceArns=['arn:aws:ecr:ap-northeast-1:123456789012:repository/app']),
    'wrongKey': ask(boto3.client('iam', endpoint_url=endpoint, region_name='us-east-1', aws_access_key_id='AKIAUSER', aws_secret_access_key='x').get_role, RoleName='deliver'),
    'repository': ask(ecr.describe_repositories, repositoryNames=['app']),
    'noRepository': ask(ecr.describe_repositories, repositoryNames=['other']),
    'lifecycle': ask(ecr.get_lifecycle_policy, repositoryName='app'),
    'tags': [page['imageIds'] for page in ecr.get_paginator('list_images').paginate(repositoryName='app', PaginationConfig={'PageSize': 2})],
}, default=str))
`;

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

  it("AWS's Python SDK understands what IAM and ECR tell of a role and a repository", async () => {
    const trust = { Statement: [{ Effect: 'Allow' as const, Principal: { Federated: 'x' }, Action: 'y' }] };
    const user = { accessKeyId: 'AKIAUSER', secretAccessKey: 'the-secret' };
    const app = { name: 'app', mutability: 'IMMUTABLE_WITH_EXCLUSION', exclusions: ['cache-*'] } as const;
    const aws = await startAws({
      providers: [{ issuer: 'https://x.example', audiences: ['sts.amazonaws.com'] }],
      roles: [{ arn, trust, lacks: ['ecr:PutImage'], maxSessionSeconds: 7_200 }],
      users: [user],
      repositories: [{ ...app, tags: { 'sha256:a': ['1', '2', '3'] } }],
    });
    onTestFinished(() => aws.close());
    const child = spawn('python3', ['-c', questions, aws.url, user.secretAccessKey]);
    const [output] = await Promise.all([text(child.stdout), once(child, 'close')]);
    expect(JSON.parse(output)).toMatchObject({
      role: { Role: { Arn: arn, RoleName: 'deliver', AssumeRolePolicyDocument: trust, MaxSessionDuration: 7_200 } },
      noRole: 'NoSuchEntity',
      provider: { Url: 'x.example', ClientIDList: ['sts.amazonaws.com'] },
      noProvider: 'NoSuchEntity',
      simulated: {
        EvaluationResults: [
          { EvalActionName: 'ecr:PutImage', EvalDecision: 'implicitDeny' },
          { EvalActionName: 'ecr:BatchGetImage', EvalDecision: 'allowed' },
        ],
      },
      wrongKey: 'SignatureDoesNotMatch',
      repository: {
        repositories: [
          {
            repositoryName: 'app',
            imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
            imageTagMutabilityExclusionFilters: [{ filterType: 'WILDCARD', filter: 'cache-*' }],
          },
        ],
      },
      noRepository: 'RepositoryNotFoundException',
      lifecycle: 'LifecyclePolicyNotFoundException',
      tags: [
        [
          { imageDigest: 'sha256:a', imageTag: '1' },
          { imageDigest: 'sha256:a', imageTag: '2' },
        ],
        [{ imageDigest: 'sha256:a', imageTag: '3' }],
      ],
    });
  });
});
