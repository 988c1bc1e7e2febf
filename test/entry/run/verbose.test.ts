import { describe, expect, it } from 'vitest';
import { cli, resultOf, town } from '../../support/cli.ts';
import { noHttpBackend, skipNote } from '../../support/git-host.ts';

describe.skipIf(noHttpBackend !== undefined)(`a whole delivery with --verbose${skipNote}`, () => {
  it('tells each request, child and decision with its reason, and no secret in any of them', async () => {
    const { app, env, token, host, registry } = await town();
    const url = `https://ada:planted-in-a-url-0123@h.example/x`;
    const done = await cli(['ship', '--json', '--verbose'], { cwd: app, env: { ...env, SOME_PASSWORD: url } });
    expect(resultOf(done).errors).toEqual([]);
    const lines = done.stderr.split('\n').filter((line) => line !== '');
    // Nothing but what --verbose adds: all else is an event on stdout.
    expect(lines.filter((line) => !line.startsWith('· '))).toEqual([]);
    const requests = lines.filter((line) => / \d{3} \d+ bytes \d+ ms$/.test(line));
    for (const origin of [new URL(host.repoUrl('config')).host, registry.host]) {
      expect(requests.some((line) => line.includes(`://${origin}/`))).toBe(true);
    }
    expect(requests.filter((line) => line.includes('?'))).toEqual([]);
    expect(lines.some((line) => /^· \$ git .*: exit 0, \d+ ms$/.test(line))).toBe(true);
    for (const image of ['app', 'web']) {
      expect(lines.some((line) => line.startsWith(`· image ${image}: to be built. `))).toBe(true);
    }
    expect(lines.some((line) => /^· commit main: to be made on [0-9a-f]{40}; ./.test(line))).toBe(true);
    const planted = [
      token,
      'planted-in-a-url-0123',
      ...Object.entries(env).flatMap(([name, value]) => (/TOKEN$|SECRET/.test(name) ? [value] : [])),
    ];
    expect(planted.length).toBeGreaterThan(2);
    for (const secret of planted) {
      for (const form of [
        secret,
        encodeURIComponent(secret),
        Buffer.from(secret).toString('base64').replace(/=+$/, ''),
      ]) {
        expect(done.stderr.includes(form), secret.slice(0, 8)).toBe(false);
      }
    }
  });
});
