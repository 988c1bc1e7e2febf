import { describe, expect, it } from 'vitest';
import { cli, resultOf, town } from '../../support/cli.ts';
import { git, noHttpBackend, skipNote } from '../../support/git-host.ts';

const values = 'front:\n  imageTag: none\n';

describe.skipIf(noHttpBackend !== undefined)(`one run on many config repos${skipNote}`, () => {
  it('reports each outcome on its own, and one that fails hides none of the others', async () => {
    const place = await town();
    const { host, token } = place;
    const names = ['landed', 'same', 'superseded', 'held', 'diverged', 'denied'];
    for (const name of names) {
      await host.createRepo(name, { files: { 'values.yaml': values } });
      host.setAccess(name, { tokens: { [token]: name === 'denied' ? 'read' : 'write' } });
    }
    const deliveries = names.map(
      (name) => `  ${name}:
    from: main
    repo: ${host.repoUrl(name)}
    set: { values.yaml: { .front.imageTag: "{commit}" } }
`,
    );
    // Committed with the first: what is delivered is never `-dirty`.
    await place.write({ 'tagboat.yaml': `deliveries:\n${deliveries.join('')}` });
    const older = await place.commit('An older one');
    await git(place.app, 'checkout', '--quiet', '-b', 'side');
    const side = await place.commit('Another way');
    await git(place.app, 'checkout', '--quiet', 'main');
    const ours = await place.commit('Ours');
    const newer = await place.commit('A newer one');
    await git(place.app, 'reset', '--quiet', '--hard', ours);
    const tag = (name: string, id: string) =>
      host.commit(name, { files: { 'values.yaml': values.replace('none', id) } });
    await tag('landed', older);
    await tag('same', ours);
    await tag('superseded', newer);
    await tag('diverged', side);
    const hold = {
      ...{ file: 'values.yaml', path: '.front.imageTag', value: 'none', by: 'Ada', why: 'w' },
      since: '2026-01-01T00:00:00Z',
    };
    const holds = JSON.stringify({ version: 1, holds: [hold] });
    await host.commit('held', { files: { '.tagboat/holds.json': holds } });
    const result = await cli(['commit', '--json', '--app', place.app], { env: place.env });
    const { value, errors } = resultOf(result);
    const { commits } = value as { commits: { delivery: string; is: string }[] };
    expect(Object.fromEntries(commits.map(({ delivery, is }) => [delivery, is]))).toEqual({
      landed: 'landed',
      same: 'unchanged',
      superseded: 'superseded',
      held: 'held',
    });
    expect(errors.map(({ code }) => code)).toEqual(['ORDER_DIVERGED', 'GIT_FORBIDDEN']);
    expect(result.code).toBe(6);
    const text = (await cli(['commit', '--app', place.app], { env: place.env })).stderr;
    for (const words of ['unchanged:', 'superseded by', 'held by Ada', 'ORDER_DIVERGED', 'GIT_FORBIDDEN']) {
      expect(text).toContain(words);
    }
    for (const name of names) {
      expect(await host.git(name, 'fsck', '--strict', '--no-dangling')).toBe('');
      expect(await host.git(name, 'show', 'main:values.yaml')).toContain(
        { landed: ours, same: ours, superseded: newer, diverged: side }[name] ?? 'none',
      );
    }
  });
});
