import { describe, expect, it } from 'vitest';
import type { GitHostFault, GitHostRequest, RepoSetup } from '../../../src/sandbox/git-host/git-host.ts';
import { packet } from '../../../src/wire/git/pktline.ts';
import { gitHost, hasSha256, noHttpBackend, skipNote } from '../../support/git-host.ts';
import type { Quirk } from '../../support/git-host-quirks.ts';
import { jumpingClock, testWorld } from '../../support/world.ts';
import {
  chart,
  deliveryTo,
  fileAt,
  isPush,
  isSound,
  land,
  landed,
  noticesIn,
  pushesIn,
  quickWorld,
  setTag,
  tokenCredential,
  valuesWith,
} from '../landing.ts';

/** Many files that are nearly the same, in many folders that are nearly the same: git packs them as deltas. */
const alike = Object.fromEntries(
  Array.from({ length: 240 }, (_, at) => {
    const lines = Array.from({ length: 60 }, (__, line) => `key${line}: ${(line * 7_919) % 1_009}`);
    return [`apps/team-${at % 4}/app-${at}/values.yaml`, `${lines.join('\n')}\nname: app-${at}\ntag: a\n`];
  }),
);
const manyFiles = { ...chart, ...alike };
const oldProtocol = (): GitHostFault => ({ is: 'oldProtocol' });
const noFilter = { 'uploadpack.allowFilter': 'false' };

const hosts: readonly (readonly [string, RepoSetup, (() => GitHostFault) | undefined, number])[] = [
  ['that filters by depth, but not deeper than 0', { config: { 'uploadpackfilter.tree.maxDepth': '0' } }, undefined, 0],
  ['that leaves out files, but no folders', { config: { 'uploadpackfilter.tree.allow': 'false' } }, undefined, 0],
  ['that filters nothing', { config: noFilter }, undefined, 1],
  ['that speaks version 0 only', {}, oldProtocol, 1],
  ['that speaks version 0 and filters nothing', { config: noFilter }, oldProtocol, 2],
  [
    'that speaks version 0 and gives out only what refs point to',
    { config: { 'uploadpack.allowAnySHA1InWant': 'false' } },
    oldProtocol,
    2,
  ],
];
const formats = hasSha256 ? (['sha1', 'sha256'] as const) : (['sha1'] as const);

describe.skipIf(noHttpBackend !== undefined).each(formats)(
  `landing in a %s repository on a host${skipNote}`,
  (format) => {
    it.each(hosts)('%s', async (_, repo, fault, notices) => {
      const host = await gitHost(fault === undefined ? {} : { fault });
      const url = await host.createRepo('config', { files: manyFiles, objectFormat: format, ...repo });
      await host.git('config', 'repack', '-adfq', '--depth=50', '--window=50');
      const app = 'apps/team-3/app-199/values.yaml';
      const world = quickWorld();
      landed(await land(deliveryTo(url, setTag('b'), setTag('c', app, '.tag')), world));
      expect(await fileAt(host, 'config')).toBe(valuesWith('b'));
      expect(await fileAt(host, 'config', app)).toBe(alike[app]?.replace('tag: a', 'tag: c'));
      expect(new Set(noticesIn(world)).size).toBe(notices);
      expect(noticesIn(world)).toHaveLength(notices);
      await isSound(host, 'config');
    });
  },
);

describe.skipIf(noHttpBackend !== undefined)(`landing on hosts of all kinds${skipNote}`, () => {
  it.each<[string, Record<string, string>, GitHostFault | undefined, readonly Quirk[], number]>([
    ['that allows every filter', {}, undefined, [], 5],
    ['that filters not deeper than 0', { 'uploadpackfilter.tree.maxDepth': '0' }, undefined, [], 6],
    ['that leaves out files, but no folders', { 'uploadpackfilter.tree.allow': 'false' }, undefined, [], 6],
    ['that applies filters to ids, as JGit does', {}, undefined, [{ is: 'filtersIds' }], 6],
    ['that filters nothing', noFilter, undefined, [], 7],
    ['that speaks version 0 only', {}, { is: 'oldProtocol' }, [], 6],
  ])('costs on a host %s as many requests as the README says, on one connection', async (_, config, fault, quirks, most) => {
    const host = await gitHost({ quirks, fault: (request) => (isPush(request) ? undefined : fault) });
    const url = await host.createRepo('config', { files: chart, config });
    landed(await land(deliveryTo(url)));
    expect(host.requests).toHaveLength(most);
    // The last one waits a moment for the push's connection, which is over at once on this clock.
    expect(new Set(host.requests.slice(0, -1).map(({ connection }) => connection)).size).toBe(1);
  });

  it('downloads everything once only, where nothing can be left out and the push is beaten', async () => {
    let beaten = false;
    const host = await gitHost({
      fault: async ({ service, isCall }) => {
        if (service !== 'git-receive-pack' || !isCall || beaten) return undefined;
        beaten = true;
        await host.commit('config', { files: { 'other.yaml': 'x: 1\n' } });
        return undefined;
      },
    });
    const url = await host.createRepo('config', { files: manyFiles, config: noFilter });
    expect(landed(await land(deliveryTo(url))).attempts).toBe(2);
    await host.close();
    const sizes = host.requests.map(({ bytesOut }) => bytesOut).sort((a, b) => b - a);
    expect(sizes[0]).toBeGreaterThan(10_000);
    expect(sizes[1]).toBeLessThan(2_000);
  });

  /** As some hosts are: commands are refused until the client has asked what the service can do. */
  function introductionFirst(refusal: GitHostFault): (request: GitHostRequest) => GitHostFault | undefined {
    const asked = new Set<unknown>();
    return ({ service, isCall }) => {
      if (!isCall) asked.add(service);
      return asked.has(service) ? undefined : refusal;
    };
  }

  it.each<[string, GitHostFault]>([
    ['with 400', { is: 'answer', status: 400 }],
    ['with 404', { is: 'answer', status: 404 }],
    ['with a page', { is: 'answer', status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' }],
    ['with a page behind a redirect', { is: 'answer', status: 302, headers: { location: '/login' } }],
  ])('introduces itself to a host that refuses unannounced commands %s', async (_, refusal) => {
    const host = await gitHost({ fault: introductionFirst(refusal) });
    const url = await host.createRepo('config', { files: chart });
    landed(await land(deliveryTo(url)));
    expect(host.requests.filter(({ isCall }) => !isCall)).toHaveLength(2);
    expect(await host.git('config', 'rev-list', '--count', 'main')).toBe('2\n');
    await isSound(host, 'config');
  });

  it('sends whole objects to a host that cannot complete a thin pack', async () => {
    const report = `${packet('unpack index-pack abnormal exit\n')}${packet('ng refs/heads/main unpacker error\n')}0000`;
    const headers = { 'content-type': 'application/x-git-receive-pack-result' };
    let refused = false;
    const host = await gitHost({
      fault: ({ service, isCall }) => {
        if (service !== 'git-receive-pack' || !isCall || refused) return undefined;
        refused = true;
        return { is: 'answer', status: 200, headers, body: report };
      },
    });
    const wide = Array.from({ length: 1_000 }, (_, at) => [`main/file-${at}`, `${at}`]);
    const url = await host.createRepo('config', { files: { ...chart, ...Object.fromEntries(wide) } });
    landed(await land(deliveryTo(url)));
    await host.close();
    const [thin, whole] = pushesIn(host);
    expect(thin?.bytesIn).toBeLessThan(2_000);
    expect(whole?.bytesIn).toBeGreaterThan(20_000);
  });

  it('follows a redirect of the first request, and stays there', async () => {
    const host = await gitHost({
      fault: ({ repo, path, query }) =>
        repo === 'old'
          ? {
              is: 'answer',
              status: 301,
              headers: { location: `${path.replace('/old.git', '/team/new.git')}${query === '' ? '' : `?${query}`}` },
            }
          : undefined,
    });
    await host.createRepo('team/new', { files: chart, access: { tokens: { secret: 'write' } } });
    const world = quickWorld();
    landed(await land(deliveryTo(host.repoUrl('old')), world, tokenCredential('secret')));
    expect(host.requests.map(({ repo }) => repo)).toEqual(['old', ...Array(5).fill('team/new')]);
    expect(host.requests.every(({ authorized }) => authorized)).toBe(true);
    expect(noticesIn(world)).toHaveLength(1);
  });

  it('asks again the long way where a redirect leads away from the command', async () => {
    const host = await gitHost({
      fault: ({ repo, isCall, query }) => {
        if (repo !== 'old') return undefined;
        const location = isCall ? '/login' : `/new.git/info/refs?${query}`;
        return { is: 'answer', status: 302, headers: { location } };
      },
    });
    await host.createRepo('new', { files: chart });
    landed(await land(deliveryTo(host.repoUrl('old'))));
    expect(await fileAt(host, 'new')).toBe(valuesWith('b'));
  });

  it('never takes its token along to another host', async () => {
    const target = await gitHost();
    await target.createRepo('config', { files: chart });
    const host = await gitHost({
      fault: ({ path }) => ({ is: 'answer', status: 307, headers: { location: `${target.url}${path}` } }),
    });
    const world = quickWorld();
    landed(await land(deliveryTo(host.repoUrl('config')), world, tokenCredential('secret')));
    expect(host.requests.map(({ authorized }) => authorized)).toEqual([true]);
    expect(target.requests.length).toBeGreaterThan(3);
    expect(target.requests.some(({ authorized }) => authorized)).toBe(false);
    expect(noticesIn(world).join()).toContain('token is not sent');
  });

  it('follows no redirect after the first answer', async () => {
    const target = await gitHost();
    await target.createRepo('config', { files: chart });
    const host = await gitHost({
      fault: ({ number, path }) =>
        number < 3 ? undefined : { is: 'answer', status: 307, headers: { location: `${target.url}${path}` } },
    });
    const url = await host.createRepo('config', { files: chart });
    await expect(land(deliveryTo(url))).rejects.toMatchObject({ code: 'GIT_REFUSED', data: { status: 307 } });
    expect(target.requests).toEqual([]);
  });

  it('gives up on redirects that go round', async () => {
    const host = await gitHost({
      fault: ({ path, query }) => ({
        is: 'answer',
        status: 302,
        headers: { location: `${path}${query === '' ? '' : `?${query}`}` },
      }),
    });
    await expect(land(deliveryTo(host.repoUrl('x')))).rejects.toMatchObject({ code: 'GIT_REFUSED' });
    expect(host.requests.length).toBeLessThan(20);
  });

  it.each(['Basic', 'Bearer'] as const)('logs in by %s', async (scheme) => {
    const host = await gitHost();
    const url = await host.createRepo('config', { files: chart, access: { tokens: { secret: 'write' } } });
    landed(await land(deliveryTo(url), quickWorld(), tokenCredential('secret', scheme)));
    expect(host.requests).toHaveLength(5);
  });

  it.each([1, 2, 3])('reads again when answer %i is cut, at its start or in its middle', async (number) => {
    for (const bytes of [0, 20]) {
      let cut = false;
      const host = await gitHost({
        fault: (request) => {
          if (request.number !== number || cut) return undefined;
          cut = true;
          return { is: 'cut', bytes };
        },
      });
      const url = await host.createRepo('config', { files: chart });
      expect(landed(await land(deliveryTo(url))).attempts).toBe(1);
      expect(await fileAt(host, 'config')).toBe(valuesWith('b'));
    }
  });

  it('waits as long as a busy host asks', async () => {
    const host = await gitHost({
      fault: ({ number }) =>
        number === 2 ? { is: 'answer', status: 429, headers: { 'retry-after': '7' } } : undefined,
    });
    const url = await host.createRepo('config', { files: chart });
    const world = testWorld({ clock: jumpingClock(), random: () => 0 });
    landed(await land(deliveryTo(url), world));
    // What is shorter is the wait for the push's own connection.
    expect(world.clock.slept.filter((ms) => ms > 250)).toEqual([7_000]);
  });

  it('takes a read that is refused once for nothing worse than that', async () => {
    const body = packet('ERR upload-pack: not our ref\n');
    const headers = { 'content-type': 'application/x-git-upload-pack-result' };
    const host = await gitHost({
      fault: ({ number }) => (number === 2 ? { is: 'answer', status: 200, headers, body } : undefined),
    });
    const url = await host.createRepo('config', { files: chart });
    const world = quickWorld();
    landed(await land(deliveryTo(url), world));
    expect(noticesIn(world)).toEqual([]);
  });
});
