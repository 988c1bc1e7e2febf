import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createAuth } from '../../../src/auth/auth.ts';
import { usualArgoCd } from '../../../src/config/check/argocd.ts';
import { createServers } from '../../../src/entry/run/argocd-servers.ts';
import type { ArgoCdPlan } from '../../../src/plan/deploy.ts';
import { ownCa, serveHttps } from '../../support/servers.ts';
import { jumpingClock, testWorld } from '../../support/world.ts';

const healthy = readFileSync(join(import.meta.dirname, '../../wire/argocd/fixtures/application-healthy.json'));

/** Argo CD behind a certificate of one's own CA, and a run that gets in as the plan says. */
async function place(plan: (ca: string) => Partial<ArgoCdPlan>) {
  const ca = ownCa();
  const server = await serveHttps(ca.localhost, (_, answer) => answer.end(healthy));
  const world = testWorld({ clock: jumpingClock(), env: { ARGOCD_AUTH_TOKEN: 'planted-argocd-token' } });
  const servers = createServers(world, world.emit, createAuth(world, world.emit));
  onTestFinished(() => servers.close());
  const found = await servers.of({ ...usualArgoCd, server, ...plan(ca.caFile) });
  return { world, servers, server, ask: () => found.argocd.application({ name: 'well' }) };
}

describe('Argo CD behind a certificate of one’s own CA', () => {
  it('is trusted with the CA’s file', async () => {
    const { ask, world } = await place((caFile) => ({ caFile }));
    expect(await ask()).toMatchObject({ name: 'well' });
    expect(world.events).toEqual([]);
  });

  it('is not trusted without', async () => {
    const { ask } = await place(() => ({}));
    await expect(ask()).rejects.toMatchObject({ kind: 'tls' });
  });

  it('is taken as it is where that is asked for, and said loudly', async () => {
    const { ask, world } = await place(() => ({ insecure: true }));
    expect(await ask()).toMatchObject({ name: 'well' });
    expect(world.events).toMatchObject([{ type: 'notice', level: 'warning', stage: 'deploy' }]);
  });

  it('is one server for a whole run, whoever asks', async () => {
    const { servers, server } = await place(() => ({}));
    const plan = { ...usualArgoCd, server };
    expect(await servers.of(plan)).toBe(await servers.of({ ...plan, timeoutMs: 1 }));
  });
});
