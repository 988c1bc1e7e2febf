import { createServer } from 'node:http';
import { expect, it, onTestFinished } from 'vitest';
import { tracedExec, tracedHttp } from '../../../src/entry/run/world.ts';
import { createExec } from '../../../src/wire/exec.ts';
import { createHttp } from '../../../src/wire/http/client.ts';
import { readBody } from '../../../src/wire/http.ts';

it('a request is told with status, bytes and time once it is read, without the secrets of its URL', async () => {
  const lines: string[] = [];
  const server = createServer((_, response) => {
    response.write('x'.repeat(100_000));
    response.end('y');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const http = createHttp();
  onTestFinished(() => {
    http.close();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const traced = tracedHttp(http, (line) => lines.push(line));
  const response = await traced({
    url: `http://user:sesame@127.0.0.1:${port}/a/b?token=sesame#sesame`,
    method: 'POST',
  });
  expect((await readBody(response, 1_000_000)).byteLength).toBe(100_001);
  await expect.poll(() => lines.length).toBe(1);
  expect(lines[0]).toMatch(new RegExp(`^POST http://127.0.0.1:${port}/a/b 200 100001 bytes \\d+ ms$`));
});

it('a request that fails is told too, and fails as it did', async () => {
  const lines: string[] = [];
  const http = createHttp();
  onTestFinished(() => http.close());
  const traced = tracedHttp(http, (line) => lines.push(line));
  await expect(traced({ url: 'http://127.0.0.1:1/x?key=sesame' })).rejects.toMatchObject({ kind: 'unreachable' });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^GET http:\/\/127\.0\.0\.1:1\/x failed after \d+ ms: /);
  expect(lines[0]).not.toContain('sesame');
});

it('a child is told with its arguments and its end, less what is a secret by its name or place', async () => {
  const lines: string[] = [];
  const exec = tracedExec(createExec(process.env), (line) => lines.push(line));
  const args = [
    '-e',
    'process.exitCode = 3',
    '--',
    'NPM_TOKEN=sesame',
    '--password=sesame',
    'https://me:sesame@h.test/r',
  ];
  expect(await exec({ program: process.execPath, args })).toMatchObject({ code: 3 });
  expect(await exec({ program: 'no-such-program', args: ['a b'] })).toMatchObject({ missing: true });
  expect(lines[0]).toContain('-e "process.exitCode = 3" -- NPM_TOKEN=*** --password=*** https://***@h.test/r: exit 3');
  expect(lines[1]).toMatch(/^\$ no-such-program "a b": not there, \d+ ms$/);
  expect(lines.join()).not.toContain('sesame');
});
