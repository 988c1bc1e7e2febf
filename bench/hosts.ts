import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { landDelivery } from '../src/commit/commit.ts';
import { createWorld } from '../src/entry/run/world.ts';
import type { DeliveryPlan, GitCredential } from '../src/plan.ts';
import { serveApi } from '../src/sandbox/api.ts';
import { startGitHost } from '../src/sandbox/git-host/git-host.ts';
import type { Http } from '../src/wire/http.ts';
import { Secret } from '../src/wire/secret.ts';
import { answerGraphql } from '../test/support/github/graphql.ts';
import { repositoriesOf } from '../test/support/github-repositories.ts';
import type { Folders } from './commit.ts';
import { type Target, targets } from './config-repo.ts';
import { assertLanded, baseRepo, freshCopy } from './fixture.ts';
import { run } from './process.ts';
import { targetTitles } from './reaches.ts';
import type { CommitCell, Surroundings } from './results.ts';
import { table } from './table.ts';

/** One landing on a host of one kind: what it asked, and what came back. */
export interface HostRow {
  readonly host: string;
  readonly files: number;
  readonly target: CommitCell['target'];
  readonly requests: number;
  /** Bytes of the answers' bodies. */
  readonly received: number;
}

export interface HostResults {
  readonly around: Surroundings;
  readonly rows: readonly HostRow[];
}

interface Kind {
  readonly title: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly config?: Readonly<Record<string, string>>;
  readonly api?: boolean;
}

/** By which a host shows that it is GitHub. */
export const github = { 'x-github-request-id': '1' };
/** GitHub's rules, as far as they are publicly seen. */
export const noDepth = { 'uploadpackfilter.tree.maxDepth': '0' };
const kinds: readonly Kind[] = [
  { title: "git's defaults" },
  { title: "GitHub's rules, `via: git`", headers: github, config: noDepth },
  { title: 'the same rules on a host that nobody knows', config: noDepth },
  { title: 'no filters at all', config: { 'uploadpack.allowFilter': 'false' } },
  { title: "GitHub's API, `via: github`", headers: github, config: noDepth, api: true },
];

/** What a commit asks of hosts of each kind. Counts alone: no seconds, and so no rounds. */
export async function measureHosts(sizes: readonly number[], folders: Folders): Promise<Pick<HostResults, 'rows'>> {
  const rows: HostRow[] = [];
  for (const kind of kinds) {
    const host = await startGitHost({
      env: process.env,
      dir: join(folders.temp, `hosts-${kinds.indexOf(kind)}`),
      ...(kind.headers && { headers: kind.headers }),
    });
    const repositories = repositoriesOf(host, () => 'write');
    const api = await serveApi((request) => answerGraphql(request, repositories));
    try {
      for (const files of sizes) {
        const base = await baseRepo(folders.cache, files);
        for (const target of targets(files)) {
          const repo = host.repoDir('acme/config');
          mkdirSync(dirname(repo), { recursive: true });
          await freshCopy(base, repo);
          for (const [key, value] of Object.entries(kind.config ?? {}))
            await run({ argv: ['git', '-C', repo, 'config', key, value] });
          const value = randomBytes(20).toString('hex');
          const via = kind.api === true ? 'github' : 'git';
          const seen = await landOnce(
            { ...deliveryOf(target, value), repo: host.repoUrl('acme/config'), via },
            api.url,
          );
          await assertLanded(base, repo, target, value);
          rows.push({ host: kind.title, files, target: target.name, ...seen });
        }
      }
    } finally {
      await Promise.all([host.close(), api.close()]);
    }
  }
  return { rows };
}

export function deliveryOf({ file, section, key }: Target, value: string): Omit<DeliveryPlan, 'repo'> {
  const bot = { name: 'Bench', email: 'bench@example.com' };
  const edits = [{ file, path: `.${section}.${key}`, value, create: false }];
  return { name: 'bench', branch: 'main', edits, message: 'Set a tag', author: bot, committer: bot, deploy: undefined };
}

export async function landOnce(delivery: DeliveryPlan, api: string): Promise<Pick<HostRow, 'requests' | 'received'>> {
  const silent = () => undefined;
  const world = createWorld({ env: {}, signal: new AbortController().signal, mask: silent, notice: silent });
  let [requests, received] = [0, 0];
  const http: Http = async (request) => {
    requests += 1;
    const response = await world.http(request);
    const { body } = response;
    received += body.readableLength;
    const push = body.push.bind(body);
    body.push = (chunk: unknown, ...rest) => {
      if (chunk instanceof Uint8Array) received += chunk.byteLength;
      return push(chunk, ...rest);
    };
    return response;
  };
  const authorization = new Secret('bearer bench', 'a token');
  const credential: GitCredential = {
    authorization,
    label: 'a token',
    graphql: { url: `${api}/graphql`, authorization },
  };
  try {
    const login = delivery.via === 'github' ? credential : undefined;
    // With the queue, a slow host is looked at once more before the push: how often would be this machine's doing.
    const outcome = await landDelivery({ ...world, http }, silent, delivery, login, { queue: false });
    if (outcome.is !== 'landed') throw new Error(`It ended as ${outcome.is}.`);
    return { requests, received };
  } finally {
    world.close();
  }
}

export function hostTable({ rows }: Pick<HostResults, 'rows'>): string {
  const heading = ['Host', 'Files', 'Value', 'Requests', 'KiB received'];
  const lines = rows.map(({ host, files, target, requests, received }) => [
    ...[host, `${files / 1_000}k`, targetTitles[target], String(requests), (received / 1024).toFixed(1)],
  ]);
  return table([heading, ...lines]);
}

export const hostWords = `What one landing asks of hosts of each kind, and the bytes of the answers' bodies: each row is one commit, on git's own
\`http-backend\` with the rules set as git's configuration has them, and on the sandbox's stand-in of GitHub's API. GitHub's
rules are those that are publicly seen of it (\`uploadpackfilter.tree.maxDepth=0\`); a host that nobody knows is asked once a
run what it refuses. By git, the last request looks whether the branch has the commit; GitHub's API shows the branch in its
answer to the commit. A host so slow that the branch may have moved meanwhile is looked at once more before the push, which
isn't counted here.`;
