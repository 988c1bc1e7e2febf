import type { DeliveryPlan, GitCredential } from '../../../src/plan.ts';
import { Secret } from '../../../src/wire/secret.ts';
import type { Gitea } from '../../support/gitea.ts';
import { chart, deliveryTo, setTag } from '../landing.ts';

/** A config repo on a Gitea, as one test has it. */
export interface ConfigOnGitea {
  /** `ada/config-1`. */
  readonly path: string;
  readonly url: string;
  readonly credential: GitCredential;
  /** The delivery of a tag, from a source commit. */
  readonly delivery: (tag: string, more?: Partial<DeliveryPlan>) => DeliveryPlan;
  readonly open: () => Promise<readonly Pull[]>;
  readonly pull: (number: number) => Promise<Pull>;
  readonly branches: () => Promise<readonly string[]>;
  readonly file: (branch?: string, file?: string) => Promise<string>;
  readonly commit: (branch: string, file: string, text: string) => Promise<void>;
  /** Resolves once it is merged, with the commit that did it. */
  readonly merged: (number: number) => Promise<string>;
  readonly merge: (number: number, how: string) => Promise<void>;
}

export interface Pull {
  readonly number: number;
  readonly title: string;
  readonly body: string;
  readonly state: string;
  readonly merged: boolean;
  readonly merge_commit_sha: string | null;
  readonly labels: readonly { readonly name: string }[];
  readonly requested_reviewers: readonly { readonly login: string }[] | null;
  readonly base: { readonly ref: string };
  readonly head: { readonly ref: string; readonly sha: string };
}

let made = 0;

/** A new config repo with a chart in it. */
export async function configOn(gitea: Gitea): Promise<ConfigOnGitea> {
  made += 1;
  const name = `config-${made}`;
  const path = `ada/${name}`;
  const { api, token } = gitea;
  await api('POST', '/user/repos', { name, auto_init: true, default_branch: 'main', private: true });
  const files = Object.entries(chart).filter(([file]) => file !== 'README.md');
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  await api('POST', `/repos/${path}/contents`, {
    files: files.map(([file, text]) => ({ operation: 'create', path: file, content: base64(text) })),
    message: 'Begin',
  });
  const url = `${gitea.url}/${path}.git`;
  const basic = Buffer.from(`ada:${token}`).toString('base64');
  const read = async (branch: string, file: string) =>
    (await api('GET', `/repos/${path}/contents/${file}?ref=${encodeURIComponent(branch)}`)) as {
      readonly content: string;
      readonly sha: string;
    };
  return {
    path,
    url,
    credential: {
      authorization: new Secret(`Basic ${basic}`, 'T'),
      label: 'TAGBOAT_TOKEN',
      token: new Secret(token, 'T'),
    },
    delivery: (tag, more = {}) => ({
      ...deliveryTo(url, setTag(tag)),
      message: `Set front to ${tag}\n\nTagboat-App: acme/shop\nTagboat-Delivery: production\nTagboat-Set: main/values.yaml:.front.imageTag=${tag}\n`,
      via: 'pullRequest',
      ...more,
      pullRequest: { host: 'gitea', ...more.pullRequest },
    }),
    open: async () => (await api('GET', `/repos/${path}/pulls?state=open`)) as Pull[],
    pull: async (number) => (await api('GET', `/repos/${path}/pulls/${number}`)) as Pull,
    branches: async () =>
      ((await api('GET', `/repos/${path}/branches`)) as { readonly name: string }[]).map((one) => one.name).sort(),
    file: async (branch = 'main', file = 'main/values.yaml') =>
      Buffer.from((await read(branch, file)).content, 'base64').toString('utf8'),
    commit: async (branch, file, text) => {
      const before = await read(branch, file).catch(() => undefined);
      await api(before === undefined ? 'POST' : 'PUT', `/repos/${path}/contents/${file}`, {
        ...{ branch, content: base64(text), message: `Change ${file}`, sha: before?.sha },
      });
    },
    merged: async (number) => {
      for (;;) {
        const now = (await api('GET', `/repos/${path}/pulls/${number}`)) as Pull;
        if (now.merged) return now.merge_commit_sha ?? '';
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
    merge: async (number, how) => {
      // Gitea works out whether it can be merged in its own time.
      for (;;) {
        try {
          await api('POST', `/repos/${path}/pulls/${number}/merge`, { Do: how });
          return;
        } catch (error) {
          if (!String(error).includes(' answered 405')) throw error;
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      }
    },
  };
}
