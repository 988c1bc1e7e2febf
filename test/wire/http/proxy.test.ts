import { describe, expect, it } from 'vitest';
import { proxyOf } from '../../../src/wire/http/proxy.ts';

const proxy = 'http://proxy.example:3128';
const https = (host: string, env: Record<string, string>) => proxyOf(new URL(`https://${host}/`), env);

describe('which proxy', () => {
  it.each([
    ['https://a.example/', { HTTPS_PROXY: proxy }, proxy],
    ['https://a.example/', { https_proxy: proxy, HTTPS_PROXY: 'http://other' }, proxy],
    ['http://a.example/', { http_proxy: proxy }, proxy],
    ['https://a.example/', { http_proxy: proxy }, undefined],
    ['http://a.example/', { HTTPS_PROXY: proxy }, undefined],
    ['https://a.example/', { ALL_PROXY: proxy }, proxy],
    ['http://a.example/', { all_proxy: proxy }, proxy],
    ['https://a.example/', { HTTPS_PROXY: '' }, undefined],
    ['https://a.example/', {}, undefined],
    ['https://a.example/', { HTTPS_PROXY: 'proxy.example:3128' }, proxy],
  ])('%s with %j: %s', (url, env, expected) => {
    expect(proxyOf(new URL(url), env as Record<string, string>)).toBe(expected);
  });

  it('HTTP_PROXY in capitals is not believed (httpoxy)', () => {
    expect(proxyOf(new URL('http://a.example/'), { HTTP_PROXY: proxy })).toBeUndefined();
  });

  it.each([
    'localhost',
    'LOCALHOST:5000',
    'a.localhost',
    '127.0.0.1:5000',
    '127.8.9.10',
    '[::1]:80',
  ])('loopback is never proxied: %s', (host) => {
    expect(https(host, { HTTPS_PROXY: proxy })).toBeUndefined();
  });
});

describe('NO_PROXY', () => {
  it.each([
    ['*', 'a.example', true],
    ['example', 'example', true],
    ['example', 'a.example', true],
    ['.example', 'a.example', true],
    ['*.example', 'a.example', true],
    ['example', 'notexample', false],
    ['A.Example', 'a.example', true],
    ['b.example, a.example', 'a.example', true],
    ['b.example a.example', 'a.example', true],
    ['a.example:443', 'a.example', true],
    ['a.example:80', 'a.example', false],
    ['a.example:8443', 'a.example:8443', true],
    ['10.1.2.3', '10.1.2.3', true],
    ['10.0.0.0/8', '10.1.2.3', true],
    ['10.0.0.0/8', '11.1.2.3', false],
    ['10.0.0.0/99', '10.1.2.3', false],
    ['10.0.0.0/8', 'a.example', false],
    ['fd00::/8', '[fd12::1]', true],
    ['fd12::1', '[fd12::1]', true],
    ['[fd12::1]:443', '[fd12::1]', true],
    ['', 'a.example', false],
    [',,', 'a.example', false],
  ])('%j and %s: spared %s', (rules, host, spared) => {
    expect(https(host, { HTTPS_PROXY: proxy, NO_PROXY: rules })).toBe(spared ? undefined : proxy);
  });

  it('lower case wins', () => {
    expect(https('a.example', { HTTPS_PROXY: proxy, no_proxy: '', NO_PROXY: '*' })).toBe(proxy);
  });
});
