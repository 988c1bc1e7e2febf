import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Board } from '../../../src/events/board.ts';
import { cli, resultOf } from '../../support/cli.ts';
import { noHttpBackend, skipNote, tempDir } from '../../support/git-host.ts';
import { type Scene, scene } from '../commands/see/scene.ts';

const hostile = '<img src=x onerror=alert(1)> \u202eneddih\u202c \u001b[31m</script>';

async function delivered(): Promise<Scene> {
  const world = await scene();
  await world.commit(hostile);
  await world.run('commit', '--allow-nothing');
  return world;
}

describe.skipIf(noHttpBackend !== undefined)(`tagboat ui${skipNote}`, () => {
  it('writes files that need no server, in which others’ text ends no script', async () => {
    const dir = join(await tempDir(), 'site');
    const world = await delivered();
    const done = await world.run('ui', '--export', dir, '--json');
    expect(done.code).toBe(0);
    expect(resultOf(done).value).toEqual({ dir, files: ['index.html', 'app.css', 'app.js', 'board.js'] });
    const script = await readFile(join(dir, 'board.js'), 'utf8');
    for (const bad of ['<', '>', '\u202e', '\u001b']) expect(script).not.toContain(bad);
    const board = JSON.parse(JSON.parse(/JSON\.parse\((".*")\)/.exec(script)?.[1] ?? '')) as Board;
    expect(board.status.rows).toMatchObject([{ delivery: 'staging' }, {}, { delivery: 'production' }, {}]);
    expect(board.history.entries[0]).toMatchObject({ is: 'delivered', delivery: 'staging' });
    expect(board.where?.[0]?.deliveries[0]).toMatchObject({ delivery: 'staging', is: 'there' });
    const page = await readFile(join(dir, 'index.html'), 'utf8');
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(/https?:\/\//);
  });

  it('serves the page to whoever has its key, tells it of what lands, and ends when it is told to', {
    timeout: 60_000,
  }, async () => {
    const seen: string[] = [];
    const world = await delivered();
    const look = async (url: string): Promise<void> => {
      const { origin, hash } = new URL(url);
      const authorization = `Bearer ${hash.slice(1)}`;
      const page = await fetch(origin);
      seen.push(`page ${page.status} ${page.headers.get('referrer-policy')}`);
      seen.push(`without ${(await fetch(`${origin}/api/board`)).status}`);
      const events = (await fetch(`${origin}/api/events`, { headers: { authorization } })).body?.getReader();
      await events?.read();
      await world.commit('Open a second counter');
      await world.run('commit');
      const told = await events?.read();
      seen.push(new TextDecoder().decode(told?.value).split('\n')[0] ?? '');
      const board = (await (await fetch(`${origin}/api/board`, { headers: { authorization } })).json()) as Board;
      seen.push(board.history.entries[0]?.source?.subject ?? '');
      const where = await fetch(`${origin}/api/where?what=nothing-here`, { headers: { authorization } });
      seen.push(`where ${where.status} ${((await where.json()) as { code: string }).code}`);
    };
    const ended = await cli(['ui', '--json', '--no-open'], {
      cwd: world.app,
      onLine: (line, kill) => {
        const event = JSON.parse(line);
        if (event.code === 'DASHBOARD_READY')
          void look(event.data.url).then(
            () => kill('SIGTERM'),
            (error) => {
              seen.push(String(error));
              kill('SIGTERM');
            },
          );
      },
    });
    expect(seen).toEqual([
      'page 200 no-referrer',
      'without 401',
      'event: board',
      'Open a second counter',
      'where 422 USAGE',
    ]);
    expect(ended.events.at(-1)).toMatchObject({ type: 'result', command: 'ui' });
  });
});
