import { expect, it } from 'vitest';
import { refusal } from '../../../src/entry/ui/guard.ts';

const own = { port: 4000, token: 'key' };
const headers = { host: '127.0.0.1:4000', authorization: 'Bearer key' };
const ask = (method: string, path: string, more: Record<string, string | undefined> = {}) =>
  refusal({ method, path, headers: { ...headers, ...more } }, own);

it.each([
  ['the page, without a key', undefined, 'GET', '/', { authorization: undefined }],
  ['the board, with the key', undefined, 'GET', '/api/board', {}],
  ['by its other name', undefined, 'GET', '/api/board', { host: 'localhost:4000' }],
  ['the board, without a key', 401, 'GET', '/api/board', { authorization: undefined }],
  ['with another key', 401, 'GET', '/api/board', { authorization: 'Bearer kez' }],
  ['by a name of others that leads here', 403, 'GET', '/', { host: 'evil.example:4000' }],
  ['by another port of ours', 403, 'GET', '/', { host: '127.0.0.1:4001' }],
  ['without a host', 403, 'GET', '/', { host: undefined }],
  ['from a page of another site', 403, 'GET', '/api/board', { origin: 'https://evil.example' }],
  ['from a page of another port', 403, 'GET', '/api/board', { 'sec-fetch-site': 'same-site' }],
  ['from a page without an origin', 403, 'GET', '/api/board', { origin: 'null' }],
  ['a write without an origin', 403, 'POST', '/api/act', { 'content-type': 'application/json' }],
  [
    'a write as a form makes it',
    415,
    'POST',
    '/api/act',
    { origin: 'http://127.0.0.1:4000', 'content-type': 'text/plain' },
  ],
  [
    'a write of our own',
    undefined,
    'POST',
    '/api/act',
    { origin: 'http://127.0.0.1:4000', 'content-type': 'application/json' },
  ],
  ['another method', 405, 'DELETE', '/api/board', {}],
  ['a write to the page', 405, 'POST', '/', { origin: 'http://127.0.0.1:4000' }],
] as const)('%s: %s', (_, status, method, path, more) => {
  expect(ask(method, path, more)).toBe(status);
});
