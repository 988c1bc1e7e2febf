import { describe, expect, it } from 'vitest';
import { firstPeer } from '../../../src/entry/cli/first-peer.ts';

describe('the first peer of a command line', () => {
  it.each([
    ['commit --repo https://git.example/acme/config --set a=b', {}, 'https://git.example/acme/config'],
    ['--json commit --set=a=b --repo=http://git.example:3000/x.git', {}, 'http://git.example:3000/x.git'],
    ['commit --set a=b --repo acme/config', {}, 'https://github.com/'],
    ['commit --set a=b --repo acme/config', { GITHUB_SERVER_URL: 'https://ghe.example' }, 'https://ghe.example/'],
    ['commit --set a=b --repo acme/config --via github', {}, 'https://api.github.com/'],
    [
      'commit --set a=b --via=github --repo x/y',
      { GITHUB_API_URL: 'http://127.0.0.1:9/api' },
      'http://127.0.0.1:9/api',
    ],
    ['commit --set a=b --repo https://one.example/x/y --repo=https://two.example/x/y', {}, 'https://two.example/x/y'],
    // Not plain: a token decides, a proxy is in between, a certificate is to be believed.
    ['commit --set a=b --repo acme/config --via auto', {}, undefined],
    ['commit --set a=b --repo acme/config', { HTTPS_PROXY: 'http://proxy' }, undefined],
    ['commit --set a=b --repo acme/config', { all_proxy: 'http://proxy' }, undefined],
    ['commit --set a=b --repo acme/config', { SSL_CERT_FILE: '/ca.pem' }, undefined],
    ['commit --set a=b --repo git@git.example:acme/config', {}, undefined],
    ['commit --set a=b --repo file:///config', {}, undefined],
    // Nothing is committed: a process that ends at once would wait for the name's lookup.
    ['commit', {}, undefined],
    ['commit --set a=b --repo', {}, undefined],
    ['wait --set a=b --repo acme/config', {}, undefined],
    ['commit --repo acme/config', {}, undefined],
    ['commit --set a=b --repo acme/config --help', {}, undefined],
    ['commit -h --set a=b --repo acme/config', {}, undefined],
    ['commit --set a=b -- --repo acme/config', {}, undefined],
    ['commit --set a=b --repo https://u:p@git.example/acme/config', {}, undefined],
    ['commit --set a=b --repo https://git.example/acme/config?x', {}, undefined],
  ])('%s with %o: %s', (line, env, peer) => {
    expect(firstPeer(line.split(' '), env)?.href).toBe(peer);
  });
});
