import { expect, it } from 'vitest';
import { type CliResult, cli, resultOf, type Town, town } from '../../support/cli.ts';
import { git, noHttpBackend, skipNote } from '../../support/git-host.ts';

/** A town whose newer commit is delivered, with the older one checked out again. */
async function late(): Promise<Town & { older: string; newer: string }> {
  const built = await town();
  const older = (await git(built.app, 'rev-parse', 'HEAD')).trim();
  await built.write({ 'app/hello': 'newer\n' });
  const newer = await built.commit('Say it better');
  const first = await cli(['ship', '--json'], { cwd: built.app, env: built.env });
  expect(first.code).toBe(0);
  await git(built.app, 'reset', '--quiet', '--hard', older);
  return { ...built, older, newer };
}

const valueOf = (result: CliResult) => resultOf(result).value as { images: unknown[]; commits: unknown[] };

it.skipIf(noHttpBackend !== undefined)(
  `a superseded run builds nothing and says so; build, --force and plan mean what they did${skipNote}`,
  async () => {
    const { app, env, registry, newer, older } = await late();
    const run = (...args: string[]) => cli(args, { cwd: app, env });
    const pushes = () => registry.requests.filter(({ method }) => method === 'PUT' || method === 'PATCH').length;
    const before = pushes();

    const planned = await run('plan', '--json');
    expect(resultOf(planned).value).toMatchObject({
      images: [{ is: 'skipped' }, { is: 'skipped' }],
      deliveries: [{ instead: { is: 'superseded', by: newer } }],
    });
    const shipped = await run('ship', '--json');
    expect(shipped.code).toBe(0);
    expect(valueOf(shipped)).toMatchObject({
      images: [
        { is: 'skipped', name: 'app', reference: expect.stringContaining(older) },
        { is: 'skipped', name: 'web' },
      ],
      commits: [{ is: 'superseded', by: newer }],
    });
    const told = await run('ship');
    expect(told.stderr).toMatch(/app\s+not built: .*main by/);
    expect(pushes()).toBe(before);

    expect(valueOf(await run('build', '--json')).images).toMatchObject([{ is: 'built' }, { is: 'reused' }]);
    expect(valueOf(await run('ship', '--force', '--json'))).toMatchObject({
      images: [{ is: 'reused' }, { is: 'reused' }],
      commits: [{ is: 'landed', changes: [{ before: newer, after: older }] }],
    });
  },
);
