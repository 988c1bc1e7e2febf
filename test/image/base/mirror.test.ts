import { describe, expect, it, onTestFinished } from 'vitest';
import { createHttp } from '../../../src/wire/http/client.ts';
import { Secret } from '../../../src/wire/secret.ts';
import { pushBaseImage } from '../../support/base-image.ts';
import { tempDir } from '../../support/git-host.ts';
import { startOwnRegistry } from '../../support/registries.ts';
import type { RegistryFault } from '../../support/registry-faults.ts';
import { jumpingClock, testWorld } from '../../support/world.ts';
import { build, contentsOf, planFor, writeContext } from '../images.ts';

async function registry(options: Parameters<typeof startOwnRegistry>[0] = {}) {
  const own = await startOwnRegistry(options);
  onTestFinished(() => own.close());
  const push = (name: string, repository = 'library/base') =>
    pushBaseImage(own.host, { repository, tag: '1', layers: [[{ name, body: name }]] });
  return { ...own, push };
}

/** Builds on `base:1` of Docker Hub, which a registry here stands for, and tells who was asked for what. */
async function built(hub: string, mirrors: string, from = 'base:1', target = hub) {
  const dir = await tempDir();
  await writeContext(dir, { Dockerfile: `FROM ${from}\nCOPY f /f\n`, f: 'f' });
  const http = createHttp();
  onTestFinished(() => http.close());
  const asked: { readonly host: string; readonly login: boolean }[] = [];
  const world = {
    ...testWorld({ env: { TAGBOAT_DOCKER_HUB_MIRROR: mirrors }, clock: jumpingClock() }),
    http: ((request) => {
      const url = new URL(request.url);
      const login = Object.keys(request.headers ?? {}).some((name) => name.toLowerCase() === 'authorization');
      asked.push({ host: url.host, login });
      return http(url.host === 'registry-1.docker.io' ? { ...request, url: `http://${hub}${url.pathname}` } : request);
    }) as typeof http,
  };
  const login = { username: 'u', password: new Secret('p', 'password') };
  const credential = async ({ host }: { host: string }) => (host === 'docker.io' ? login : undefined);
  const outcome = await build(world, planFor(target, dir), {}, { credential });
  const warnings = world.events.filter((event) => event.type === 'notice' && event.level === 'warning');
  return { outcome, asked, warnings, base: Object.keys((await contentsOf(target, 'app', 't')).files) };
}

const askedHub = (asked: readonly { host: string }[]) => asked.some(({ host }) => host === 'registry-1.docker.io');

describe('a mirror of Docker Hub', () => {
  it('is asked instead of it, under a folder of its own too, and gets no login of Docker Hub’s', async () => {
    const [hub, mirror] = await Promise.all([registry(), registry()]);
    await mirror.push('mirrored');
    await mirror.push('in-a-folder', 'hub/library/base');
    const target = await registry();
    const plain = await built(hub.host, `http://${mirror.host}`, 'base:1', target.host);
    expect(plain.base).toContain('mirrored');
    expect(askedHub(plain.asked)).toBe(false);
    expect(plain.asked.some(({ login }) => login)).toBe(false);
    const folder = await built(hub.host, `${mirror.host}/v2/hub/`, 'docker.io/library/base:1', (await registry()).host);
    expect(folder.base).toContain('in-a-folder');
    expect([...plain.warnings, ...folder.warnings]).toEqual([]);
  });

  it('that lacks the image leaves it to the next one, and to Docker Hub at last', async () => {
    const [hub, empty, second] = await Promise.all([registry(), registry(), registry()]);
    await hub.push('of-the-hub');
    const last = await built(hub.host, `${empty.host}, ${second.host}`);
    expect(last.base).toContain('of-the-hub');
    await second.push('of-the-second');
    const next = await built(hub.host, `${empty.host}, ${second.host}`, 'base:1', (await registry()).host);
    expect(next.base).toContain('of-the-second');
    expect(last.warnings).toEqual([]);
  });

  it.each<[string, (hub: string) => RegistryFault]>([
    ['refuses', () => ({ is: 'answer', status: 403 })],
    ['fails', () => ({ is: 'answer', status: 500 })],
    [
      'answers with a page',
      () => ({ is: 'answer', status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' }),
    ],
  ])('that %s is told of once, and Docker Hub is asked', async (_, fault) => {
    const hub = await registry();
    const mirror = await registry({ fault: ({ path }) => (path === '/v2/' ? undefined : fault(hub.host)) });
    await hub.push('of-the-hub');
    const { base, warnings } = await built(hub.host, `not a mirror,${mirror.host}`);
    expect(base).toContain('of-the-hub');
    // And that the other one is no address.
    expect(warnings).toHaveLength(2);
  });

  it('is not believed about what a digest names', async () => {
    const hub = await registry();
    const other = Buffer.from('{"schemaVersion":2,"layers":[]}');
    const headers = { 'content-type': 'application/vnd.oci.image.manifest.v1+json' };
    const mirror = await registry({
      fault: ({ path }) =>
        path.includes('/manifests/') ? { is: 'answer', status: 200, headers, body: other.toString() } : undefined,
    });
    const { digest } = await hub.push('of-the-hub');
    const { base, warnings } = await built(hub.host, mirror.host, `base@${digest}`);
    expect(base).toContain('of-the-hub');
    expect(warnings).toHaveLength(1);
  });
});
