import { describe, expect, it } from 'vitest';
import { readKubeconfig } from '../../../src/wire/kubernetes/kubeconfig.ts';

const file = (
  user: string,
  cluster = 'server: https://k8s.test:6443/',
  current = 'current-context: prod',
) => `apiVersion: v1
kind: Config
${current}
contexts:
  - { name: prod, context: { cluster: c, user: u } }
  - { name: lost, context: { cluster: none, user: u } }
clusters:
  - name: c
    cluster: { ${cluster} }
users:
  - name: u
    user: ${user}
`;
const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('a kubeconfig', () => {
  it.each([
    ['a token', '{ token: abc }', { is: 'token', token: { text: 'abc' } }],
    [
      'a token’s file, which wins',
      '{ token: abc, tokenFile: /run/token }',
      { is: 'token', token: { file: '/run/token' } },
    ],
    [
      'certificates in it',
      `{ client-certificate-data: ${base64('CERT')}, client-key-data: ${base64('KEY')} }`,
      { is: 'certificate', certificate: { text: 'CERT' }, key: { text: 'KEY' } },
    ],
    [
      'certificates in files',
      '{ client-certificate: c.pem, client-key: k.pem }',
      { is: 'certificate', certificate: { file: 'c.pem' }, key: { file: 'k.pem' } },
    ],
    [
      'a plugin',
      '{ exec: { apiVersion: client.authentication.k8s.io/v1, command: aws, args: [eks, get-token], env: [{ name: A, value: b }] } }',
      { is: 'plugin', command: 'aws', args: ['eks', 'get-token'], env: { A: 'b' } },
    ],
    ['nobody', '{}', { is: 'nobody' }],
  ])('with %s', (_, user, expected) => {
    // biome-ignore format: a table
    expect(readKubeconfig(file(user), undefined)).toMatchObject({ server: 'https://k8s.test:6443', insecure: false, user: expected });
  });

  it('tells the cluster’s certificate and whether it is checked', () => {
    const cluster = `server: https://h, certificate-authority-data: ${base64('CA')}, insecure-skip-tls-verify: true`;
    expect(readKubeconfig(file('{}', cluster), 'prod')).toMatchObject({ ca: { text: 'CA' }, insecure: true });
  });

  it.each([
    ['no YAML', '{', undefined],
    ['an alias that leads nowhere', file('*missing'), undefined],
    [
      'a cluster by plain http, which would tell its token to all',
      file('{ token: abc }', 'server: http://k8s.test'),
      undefined,
    ],
    ['no context', file('{}', undefined, ''), undefined],
    ['no such context', file('{}'), 'other'],
    ['a context whose cluster is missing', file('{}'), 'lost'],
    ['a server that is no URL', file('{}', 'server: "k8s.test"'), undefined],
  ])('that is no use says why: %s', (_, text, context) => {
    expect(readKubeconfig(text, context)).toEqual({ why: expect.any(String) });
  });
});
