import { Readable } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { serveApi } from '../../../src/sandbox/api.ts';
import { withinAllowance } from '../../../src/wire/forge/allowance.ts';
import { createHttp } from '../../../src/wire/http/client.ts';
import { readBody } from '../../../src/wire/http.ts';
import { isLimited, retry } from '../../../src/wire/retry.ts';
import { handClock, jumpingClock, testWorld } from '../../support/world.ts';

const start = Date.UTC(2026, 0, 1);

/** A host that answers with 200, so many times with these headers, and an http that heeds them. */
async function hostTelling(
  headers: Readonly<Record<string, string>>,
  clock = handClock(start),
  times = Number.POSITIVE_INFINITY,
) {
  let told = 0;
  const date = new Date(start).toUTCString();
  const api = await serveApi(() => ({ status: 200, headers: { date, ...(++told > times ? {} : headers) } }));
  const own = createHttp();
  onTestFinished(async () => {
    own.close();
    await api.close();
  });
  const http = withinAllowance(own, clock);
  const ask = async (path: string, authorization = 'bearer a'): Promise<'answered' | 'held'> => {
    try {
      await readBody(await http({ url: `${api.url}${path}`, headers: { authorization } }), 1_000);
      return 'answered';
    } catch (error) {
      if (!isLimited(error)) throw error;
      return 'held';
    }
  };
  return { api, http, ask, clock };
}

const git = '/acme/config.git/git-upload-pack';
const inSeconds = (seconds: number) => String(start / 1_000 + seconds);
const github = (resource: string, left = '0') => ({
  ...{ 'x-ratelimit-remaining': left, 'x-ratelimit-reset': inSeconds(40), 'x-ratelimit-resource': resource },
});
const gitlab = (name: string) => ({
  ...{ 'ratelimit-remaining': '0', 'ratelimit-reset': inSeconds(40), 'ratelimit-name': name },
});

describe('an allowance that is used up', () => {
  it('holds back what would be refused, with this credential alone, until the time that was told', async () => {
    const { api, ask, clock } = await hostTelling(github('graphql'));
    expect(await ask('/graphql')).toBe('answered');
    expect([await ask('/graphql'), await ask('/graphql')]).toEqual(['held', 'held']);
    expect(await ask('/graphql', 'bearer b')).toBe('answered');
    expect(api.requests).toHaveLength(2);
    clock.advance(39_999);
    expect(await ask('/graphql')).toBe('held');
    clock.advance(1);
    expect(await ask('/graphql')).toBe('answered');
  });

  it('is no failure of the answer that tells it, nor is one that is not used up', async () => {
    const { api, ask } = await hostTelling(github('core', '1'));
    for (let asked = 0; asked < 3; asked += 1) expect(await ask('/repos/acme/config')).toBe('answered');
    expect(api.requests).toHaveLength(3);
  });

  const rest = '/repos/acme/search/pulls';
  it.each([
    ["GitHub's GraphQL", github('graphql'), '/graphql', ['/graphql']],
    ["GitHub's REST", github('core'), rest, [rest, '/user']],
    ["GitHub's search", github('search'), '/search/issues', ['/search/issues']],
    ["GitHub's search of code", github('code_search'), '/search/code', ['/search/code']],
    ["GitHub's search, on a server of one's own", github('search'), '/api/v3/search/issues', ['/search/issues']],
    ['a resource of GitHub that nothing here is known to use', github('scim'), rest, []],
    ["GitLab's API", gitlab('throttle_authenticated_api'), '/api/v4/projects/1', [rest, '/user']],
    ["GitLab's files, a limit of their own", gitlab('throttle_authenticated_files_api'), '/api/v4/projects/1', []],
    ["GitLab's web, which git is", gitlab('throttle_authenticated_web'), git, [git]],
    ["GitLab's git", gitlab('throttle_authenticated_git_http'), git, [git]],
    [
      "all of Bitbucket Data Center's, whose bucket is one",
      { 'x-ratelimit-remaining': '0', 'retry-after': '40', 'x-ratelimit-interval-seconds': '1' },
      rest,
      ['/graphql', rest, '/search/issues', '/search/code', git, '/user'],
    ],
    [
      'none of Azure DevOps, which delays and says so in words for people',
      { ...github('Services/TFS'), 'x-ratelimit-delay': '0.5' },
      git,
      [],
    ],
    ['none of Bitbucket Cloud, which tells that it is near', { 'x-ratelimit-nearlimit': 'true' }, rest, []],
    [
      'none of a gateway that names no limit and may count this path alone (Envoy, Kong, Vault)',
      { 'x-ratelimit-limit': '10, 10;w=60', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '40' },
      rest,
      [],
    ],
    ['none where no time is told', { 'x-ratelimit-remaining': '0' }, rest, []],
    [
      'none of a registry, which counts pulls',
      { 'ratelimit-remaining': '0;w=21600', 'ratelimit-reset': '40' },
      '/v2/a/manifests/b',
      [],
    ],
  ])('is that of %s', async (_, headers, asked, held) => {
    const { ask } = await hostTelling(headers, handClock(start), 1);
    expect(await ask(asked)).toBe('answered');
    const found: string[] = [];
    for (const path of ['/graphql', rest, '/search/issues', '/search/code', git, '/user', '/v2/a/manifests/b']) {
      if ((await ask(path)) === 'held') found.push(path);
    }
    expect(found).toEqual(held);
  });

  it('ends by the clock of the host that tells it, whatever ours says', async () => {
    for (const hours of [-3, 3]) {
      const { ask, clock } = await hostTelling(github('core'), handClock(start + hours * 3_600_000));
      expect([await ask('/user'), await ask('/user')]).toEqual(['answered', 'held']);
      clock.advance(40_000);
      expect(await ask('/user')).toBe('answered');
    }
  });

  it('is not believed for hours: then it is a clock that is wrong, and the host is asked', async () => {
    const far = { ...github('core'), 'x-ratelimit-reset': inSeconds(3_601) };
    const { api, ask } = await hostTelling(far);
    expect([await ask('/user'), await ask('/user')]).toEqual(['answered', 'answered']);
    // Without a clock of its own, the host's time is only as good as ours.
    const { ask: askBehind } = await hostTelling({ ...far, date: 'none' }, handClock(start - 7_200_000));
    expect([await askBehind('/user'), await askBehind('/user')]).toEqual(['answered', 'answered']);
    expect(api.requests).toHaveLength(2);
  });

  it('is forgotten when our clock is set back', async () => {
    const { ask, clock } = await hostTelling(github('core'));
    expect([await ask('/user'), await ask('/user')]).toEqual(['answered', 'held']);
    clock.advance(-1_000);
    expect(await ask('/user')).toBe('answered');
  });

  it('closes the body of what is not sent', async () => {
    const { api, http } = await hostTelling(github('core'));
    const url = `${api.url}/user`;
    await readBody(await http({ url }), 1_000);
    const body = Readable.from(['x']);
    await expect(http({ url, method: 'POST', body })).rejects.toMatchObject({
      status: 429,
      limit: { until: start + 40_000 },
    });
    expect(body.destroyed).toBe(true);
  });

  it('is waited for as any limit is, and told once with its end; or ends the work at once', async () => {
    const clock = jumpingClock(start);
    const { api, ask, http } = await hostTelling(github('core'), clock);
    expect(await ask('/user')).toBe('answered');
    const waits: unknown[] = [];
    const patient = { ...testWorld({ clock }), notice: (_: string, waited: unknown) => void waits.push(waited) };
    const url = `${api.url}/user`;
    const request = () => http({ url, headers: { authorization: 'bearer a' } });
    const limit = { until: start + 40_000 };
    await expect(retry(request, patient, { withinMs: 39_000 })).rejects.toMatchObject({ limit });
    expect([api.requests.length, waits, clock.now()]).toEqual([1, [], start]);
    await readBody(await retry(request, patient), 1_000);
    expect(waits).toEqual([{ peer: url, seconds: 40, until: '2026-01-01T00:00:40Z', limited: true }]);
    expect([api.requests.length, clock.now() - start]).toEqual([2, expect.closeTo(40_000, -3)]);
  });
});
