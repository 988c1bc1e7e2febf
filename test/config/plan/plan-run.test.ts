import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPending, resolveDigests } from '../../../src/config/plan/digests.ts';
import { skippedDeliveries } from '../../../src/config/plan/reach.ts';
import { planCommit, planRun } from '../../../src/config/plan/run.ts';
import { isError } from '../../../src/errors.ts';
import type { Source } from '../../../src/plan.ts';
import { config, seed, source } from '../config-text.ts';

const inActions = { actions: true };
const bot = { name: 'github-actions[bot]', email: '41898282+github-actions[bot]@users.noreply.github.com' };
const plan = (text: string, from: Partial<Source> = {}, options = {}) =>
  planRun(config(text), { ...source, ...from }, { ...inActions, ...options });
const codeOf = (call: () => unknown): string => {
  try {
    call();
  } catch (error) {
    if (isError(error)) return error.code;
    throw error;
  }
  throw new Error('no error came');
};

describe('a run', () => {
  it('takes an image from elsewhere out of its own registry, with no other one named', () => {
    const text = 'images: { app: { from: "ghcr.io/acme/app:{commit}" }, base: { from: "nginx:1.27" } }\n';
    expect(plan(text).images).toMatchObject([
      {
        from: `ghcr.io/acme/app:${source.commit}`,
        registry: { host: 'ghcr.io', login: 'auto' },
        repository: 'acme/app',
      },
      { from: 'nginx:1.27', registry: { host: 'docker.io' }, repository: 'library/nginx' },
    ]);
    const digest = `127.0.0.1:1/x@sha256:${'0'.repeat(64)}`;
    expect(plan(text, {}, { from: { app: digest } }).images[0]).toMatchObject({ from: digest, repository: 'x' });
    expect(codeOf(() => plan(text, {}, { from: { other: digest } }))).toBe('USAGE');
  });

  it('says in a pull request what others wrote as text, and what its author wrote as it is', () => {
    const asked = 'title: "@team: {subject}", body: "cc @team, {subject}", labels: [deploy]';
    const delivery = `from: main, repo: acme/config, via: pullRequest, pullRequest: { ${asked} }`;
    const text = `tag: "{commit}"\ndeliveries: { one: { ${delivery}, set: { a.yaml: { .tag: "{tag}" } } } }\n`;
    const [planned] = plan(text, { subject: '<b> closes #1 for @ada' }).deliveries;
    expect(planned?.pullRequest).toMatchObject({
      title: '@team: <b> closes #\u20601 for @\u2060ada',
      body: 'cc @team, \\<b\\> closes #\u20601 for @\u2060ada',
      labels: ['deploy'],
    });
    // Hosts read what the commits of a pull request say, too.
    expect(planned?.message).not.toMatch(/#1|@ada/);
    expect(
      plan(text.replace('pullRequest,', 'git,').replace(/pullRequest: \{.*?\}, set/, 'set'), { subject: 'closes #1' })
        .deliveries[0]?.message,
    ).toContain('subject: closes #1');
  });

  it('has every image with its tag, and absolute paths', () => {
    const { images, aws } = plan(seed);
    expect(images.map(({ repository, tag }) => `${repository}:${tag}`)).toEqual([
      `app-repo:${source.commit}`,
      `web-repo:${source.commit}`,
      `migration-repo:${source.commit}`,
    ]);
    expect(images[0]).toMatchObject({ dockerfile: '/src/shop/build/app/Dockerfile.prod', context: '/src/shop' });
    expect(aws?.sessionSeconds).toBe(1800);
  });

  it('never gives what is not committed the name of the commit: its tags and values end in -dirty and what tells the state', () => {
    const { images, deliveries } = plan(seed, { dirty: '0123456789ab' });
    expect(new Set(images.map(({ tag }) => tag))).toEqual(new Set([`${source.commit}-dirty-0123456789ab`]));
    expect(deliveries[0]?.edits[0]?.value).toBe(`${source.commit}-dirty-0123456789ab`);
    for (const name of ['shortCommit', 'commitTime']) {
      const [image] = plan(seed.replace('repository: app-repo', `tag: "{${name}}"`), { dirty: '0123456789ab' }).images;
      expect(image?.tag).toMatch(/-dirty-0123456789ab$/);
    }
  });

  it("has a builder's certificates as absolute paths, of the app repo or of the machine", () => {
    const tls = 'builder: { address: "tcp://b:1", ca: certs/ca.pem, cert: /run/c.pem, key: /run/k.pem }';
    const [image] = plan(seed.replace('repository: app-repo', tls)).images;
    expect(image).toMatchObject({
      builder: 'tcp://b:1',
      builderTls: { ca: '/src/shop/certs/ca.pem', client: { cert: '/run/c.pem', key: '/run/k.pem' } },
    });
  });

  it('has build secrets and keys by absolute paths, and variables by their names', () => {
    const keys = 'secrets: { npm: env=NPM_TOKEN, ca: { src: ca.pem } }, ssh: { default: agent, gh: /run/id }';
    expect(plan(seed.replace('repository: app-repo', keys)).images[0]).toMatchObject({
      secrets: [
        { id: 'npm', from: 'env', variable: 'NPM_TOKEN' },
        { id: 'ca', from: 'src', file: '/src/shop/ca.pem' },
      ],
      ssh: [
        { id: 'default', key: undefined },
        { id: 'gh', key: '/run/id' },
      ],
    });
  });

  it('has the folders of contexts by name as absolute paths', () => {
    const [image] = plan(seed.replace('repository: app-repo', 'contexts: { lib: lib, base: oci-layout://out }')).images;
    expect(image?.contexts).toEqual([
      { name: 'lib', is: 'folder', dir: '/src/shop/lib' },
      { name: 'base', is: 'layout', dir: '/src/shop/out', tag: undefined, digest: undefined },
    ]);
  });

  it('has the delivery of its branch, with the message, its trailers, and the author of the place it runs in', () => {
    const [delivery, more] = plan(seed).deliveries;
    expect(more).toBeUndefined();
    expect(delivery).toEqual({
      name: 'production',
      repo: 'https://github.com/acme/config.git',
      branch: 'main',
      edits: [
        {
          file: 'main/values.yaml',
          path: '.front.imageTag',
          value: source.commit,
          as: 'text',
          create: false,
          allow: [],
        },
      ],
      message: `Update image tag to ${source.commit}

Tagboat-App: acme/shop
Tagboat-Delivery: production
Tagboat-Set: main/values.yaml:.front.imageTag=${source.commit}
Tagboat-Source: https://github.com/acme/shop@${source.commit}
Tagboat-Run: https://github.com/acme/shop/actions/runs/7
Argocd-reference-commit-author: Ada <ada@example.com>
Argocd-reference-commit-sha: ${source.commit}
Argocd-reference-commit-subject: Greet visitors
Argocd-reference-commit-repourl: https://github.com/acme/shop
Argocd-reference-commit-date: 2024-01-31T23:59:59+09:00
`,
      author: bot,
      committer: bot,
      deploy: undefined,
      order: 'guard',
      queue: true,
      via: 'git',
    });
  });

  it("is authored by the config's author, by git's user outside of Actions, or by nobody known", () => {
    const gitUser = { name: 'Ada', email: 'ada@example.com' };
    const authored = plan(seed.replace('from: main', 'from: main\n    author: Ops <ops@example.com>')).deliveries[0];
    expect([authored?.author, authored?.committer]).toEqual([{ name: 'Ops', email: 'ops@example.com' }, bot]);
    expect(plan(seed, {}, { actions: false, gitUser }).deliveries[0]?.committer).toEqual(gitUser);
    expect(plan(seed, {}, { actions: false }).deliveries[0]?.author).toEqual({
      name: 'tagboat',
      email: 'tagboat@localhost',
    });
  });

  const branches: [string, string | undefined, boolean][] = [
    ['main', 'main', true],
    ['main', 'main2', false],
    ['main', 'x/main', false],
    ['main', undefined, false],
    ['"*"', 'main', true],
    ['"*"', 'a/b', false],
    ['"**"', 'a/b', true],
    ['"**"', undefined, false],
    ['release/*', 'release/1', true],
    ['release/*', 'release/1/2', false],
    ['release/**', 'release/1/2', true],
    ['[main, "v*.x"]', 'v1.x', true],
    ['[main, "v*.x"]', 'v1-x', false],
    ['a+b', 'a+b', true],
    ['a+b', 'aab', false],
  ];
  it.each(branches)('from %s takes the branch %s: %s', (from, branch, taken) => {
    const text = seed.replace('from: main', `from: ${from}`);
    expect(plan(text, { branch }).deliveries).toHaveLength(taken ? 1 : 0);
    expect(skippedDeliveries(config(text), { ...source, branch })).toHaveLength(taken ? 0 : 1);
  });

  const all = '{ branches: [main, "x/*"], tags: ["v*"], pullRequests: true }';
  const own = { number: 7, foreign: false };
  it.each<[from: string, of: Partial<Source>, taken: boolean]>([
    [all, { branch: 'x/1' }, true],
    [all, { gitTag: 'v1.2.0' }, true],
    [all, { gitTag: 'w1' }, false],
    [all, { gitTag: 'main' }, false],
    [all, { pullRequest: own }, true],
    [all, { pullRequest: { ...own, foreign: true } }, false],
    [all, { branch: 'main', pullRequest: { ...own, foreign: true } }, false],
    ['{ tags: "v1.*" }', { gitTag: 'v1.2.0' }, true],
    ['{ tags: v1 }', { branch: 'v1' }, false],
    ['v1', { gitTag: 'v1' }, false],
    ['[main]', { pullRequest: own }, false],
    ['{ branches: main, pullRequests: false }', { pullRequest: own }, false],
  ])('from %s takes %j: %s', (from, of, taken) => {
    const text = seed.replace('from: main', `from: ${from}`);
    expect(plan(text, { branch: undefined, ...of }).deliveries).toHaveLength(taken ? 1 : 0);
  });

  it('delivers by its git tag, in the order of releases where that is asked for', () => {
    const text = seed.replace('from: main', 'from: { branches: main, tags: "v*" }\n    order: semver');
    const gitTagOf = (of: Partial<Source>) => plan(text, { branch: undefined, ...of }).deliveries[0]?.gitTag;
    expect(gitTagOf({ gitTag: 'v1.2.0' })).toBe('v1.2.0');
    expect(gitTagOf({ branch: 'main' })).toBeUndefined();
    expect(codeOf(() => gitTagOf({ gitTag: 'v-next' }))).toBe('GIT_TAG_NO_RELEASE');
    const [delivery] = plan(text, { branch: undefined, gitTag: 'v1.2.0' }).deliveries;
    expect(delivery?.message).toContain('\nTagboat-Git-Tag: v1.2.0\n');
  });

  it('sets the values of the images asked for alone, and refuses those of which nobody knows the image', () => {
    const set = '{ a.yaml: { .app: "{tag.app}", .web: "{image.web}", .both: "{tag.app}-{tag.web}", .replicas: 3 } }';
    const text = `${seed.slice(0, seed.indexOf('    set:'))}    set: ${set}\n`;
    const pathsOf = (...images: string[]) =>
      plan(text, {}, { images }).deliveries.flatMap((one) => one.edits.map(({ path }) => path));
    expect(pathsOf('app')).toEqual(['.app']);
    expect(pathsOf('web', 'app')).toEqual(['.app', '.web', '.both']);
    expect(pathsOf('migration')).toEqual([]);
    expect(pathsOf('app', 'web', 'migration')).toEqual(['.app', '.web', '.both', '.replicas']);
    expect(codeOf(() => plan(seed, {}, { images: ['web'] }))).toBe('VALUE_OF_NO_IMAGE');
  });

  it('takes only the images and deliveries asked for, and says when there is none of that name', () => {
    expect(plan(seed, {}, { images: ['web'], deliveries: [] })).toMatchObject({
      images: [{ name: 'web' }],
      deliveries: [],
    });
    expect(codeOf(() => plan(seed, {}, { images: ['wbe'] }))).toBe('USAGE');
    expect(codeOf(() => plan(seed, {}, { deliveries: ['staging'] }))).toBe('USAGE');
  });
});

describe('templates', () => {
  const tagged = (tag: string, from: Partial<Source> = {}) => plan(`tag: "${tag}"\n${seed}`, from).images[0]?.tag;

  it('give tags from the source commit alone', () => {
    expect(tagged('{shortCommit}')).toBe('19ea9ee1a0c5');
    expect(tagged('v1-{commitTime}')).toBe('v1-20240131T145959');
    expect(tagged('{branch}-{shortCommit}', { branch: 'feature/Ünï code' })).toBe('feature-n-code-19ea9ee1a0c5');
    expect(tagged('x{{commit}}'.replace(/[{}]/g, ''))).toBe('xcommit');
  });

  it('that cannot be filled in are refused, before anything is built', () => {
    expect(codeOf(() => tagged('{branch}', { branch: undefined }))).toBe('TEMPLATE_UNRESOLVED');
    expect(codeOf(() => tagged('{branch}', { branch: '日本' }))).toBe('TEMPLATE_UNRESOLVED');
    expect(codeOf(() => tagged('{branch}', { branch: 'x'.repeat(200) }))).toBe('TEMPLATE_UNRESOLVED');
    expect(codeOf(() => tagged('{commitTime}', { committedAt: 'yesterday' }))).toBe('TEMPLATE_UNRESOLVED');
  });

  it.each<[string, string | undefined, Readonly<Record<string, string>>]>([
    ['v1.2.3', 'v1.2.3', { semver: '1.2.3', major: '1', minor: '2', patch: '3', 'major.minor': '1.2' }],
    ['1.2.3', '1.2.3', { semver: '1.2.3', 'major.minor': '1.2' }],
    ['v0.0.10+build.5', 'v0.0.10-build.5', { semver: '0.0.10', major: '0', 'major.minor': '0.0' }],
    ['v2.0.0-rc.1', 'v2.0.0-rc.1', { semver: '2.0.0-rc.1', major: '', minor: '', patch: '', 'major.minor': '' }],
    ['v1.2', 'v1.2', { semver: '', major: '', 'major.minor': '' }],
    ['v01.2.3', 'v01.2.3', { semver: '', major: '' }],
    ['release/2024', 'release-2024', { semver: '' }],
    ['', undefined, { gitTag: '', semver: '', major: '' }],
  ])('of the git tag %s are as docker/metadata-action has them', (gitTag, slug, parts) => {
    const from = { branch: undefined, gitTag: gitTag === '' ? undefined : gitTag };
    if (slug !== undefined) expect(tagged('{gitTag}', from)).toBe(slug);
    for (const [name, text] of Object.entries(parts)) {
      if (text === '') expect(codeOf(() => tagged(`{${name}}`, from))).toBe('TEMPLATE_UNRESOLVED');
      else expect(tagged(`{${name}}`, from)).toBe(text);
    }
  });

  it('of a pull request have its number, and of a run its day', () => {
    expect(tagged('pr-{pr}', { pullRequest: { number: 12, foreign: true } })).toBe('pr-12');
    expect(codeOf(() => tagged('pr-{pr}'))).toBe('TEMPLATE_UNRESOLVED');
    const now = Date.parse('2024-02-29T23:59:59Z');
    const text = `tag: "{date}"\n${seed.replace('"{tag}"', '"v{major.minor}, {gitTag}, {date}"')}`;
    const { images, deliveries } = plan(text, { gitTag: 'v1.2.3' }, { now });
    expect(images[0]?.tag).toBe('20240229');
    expect(deliveries[0]?.edits[0]?.value).toBe('v1.2, v1.2.3, 20240229');
  });

  it('that name a release never do so for what is not committed', () => {
    const from = { gitTag: 'v1.2.3', dirty: '0123456789ab' };
    expect(tagged('{semver}', from)).toBe('1.2.3-dirty-0123456789ab');
    expect(tagged('{major}', from)).toBe('1-dirty-0123456789ab');
    expect(tagged('{gitTag}', from)).toBe('v1.2.3-dirty-0123456789ab');
  });

  it('that come out as one tag for two images are refused', () => {
    const text = seed
      .replace('repository: web-repo', 'repository: app-repo, tag: "{branch}"')
      .replace('repository: app-repo,', 'repository: app-repo, tag: main,');
    expect(codeOf(() => plan(text))).toBe('CONFIG_VALUE_INVALID');
    expect(plan(text, { branch: 'other' }).images).toHaveLength(3);
    const more = text.replace('tag: main,', 'tag: first, tags: [latest, main],');
    expect(codeOf(() => plan(more))).toBe('CONFIG_VALUE_INVALID');
    expect(plan(more, { branch: 'other' }).images).toHaveLength(3);
  });

  describe('of more tags, labels and annotations', () => {
    const one = (keys: string, from: Partial<Source> = {}) =>
      plan(seed.replace('repository: app-repo', `repository: app-repo, ${keys}`), from).images[0];

    it('give each of them, and what comes out twice once', () => {
      const keys = 'tag: "{shortCommit}", tags: [latest, 1.10, "{branch}", main, "{shortCommit}"]';
      expect(one(keys)).toMatchObject({ tags: ['latest', '1.10', 'main'], leftOut: [] });
    });

    it('leave out what is unknown in this run, and say so', () => {
      const keys =
        'tags: ["{semver}", "{major}", "pr-{pr}", edge], labels: { v: "{semver}", b: "{branch}", own: "{tag}" }';
      expect(one(keys, { gitTag: 'v2.0.0-rc.1' })).toMatchObject({
        tags: ['2.0.0-rc.1', 'edge'],
        labels: [
          { name: 'v', template: '{semver}', value: '2.0.0-rc.1' },
          { name: 'b', template: '{branch}', value: 'main' },
          { name: 'own', template: '{tag}', value: source.commit },
        ],
        leftOut: [
          { key: 'tags[1]', template: '{major}' },
          { key: 'tags[2]', template: 'pr-{pr}' },
        ],
      });
      expect(one(keys)).toMatchObject({
        tags: ['edge'],
        labels: [{ name: 'v', value: undefined }, { value: 'main' }, { value: source.commit }],
        leftOut: [{ key: 'tags[0]' }, { key: 'tags[1]' }, { key: 'tags[2]' }, { key: 'labels.v' }],
      });
    });

    it('refuse what comes out as no tag', () => {
      expect(codeOf(() => one('tags: ["{branch}"]', { branch: '日本' }))).toBe('TEMPLATE_UNRESOLVED');
    });
  });

  it('give values of images, and text in double braces', () => {
    const text = seed
      .replace('"{tag}"', '"{image.app}|{tag.web}|{branch}|{{commit}}|{ a }"')
      .replace('app-repo,', 'app-repo, tag: "{shortCommit}",');
    expect(plan(text).deliveries[0]?.edits[0]?.value).toBe(
      `123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/app-repo:19ea9ee1a0c5|${source.commit}|main|{commit}|{ a }`,
    );
    // What is of two images is of neither alone.
    expect(plan(text, {}, { images: ['web'] }).deliveries).toEqual([]);
  });
});

describe('digests', () => {
  const waiting = plan(seed.replace('"{tag}"', '"{image.app}@{digest.app}"')).deliveries[0];
  const digest = `sha256:${'ab'.repeat(32)}`;

  it('are filled in once the image is pushed, in the value and in the trailer that tells it', () => {
    if (waiting === undefined) throw new Error('no delivery');
    expect(isPending(waiting)).toBe(true);
    const done = resolveDigests(waiting, [{ name: 'app', reference: 'r', digest }]);
    expect(isPending(done)).toBe(false);
    expect(done.edits[0]?.value).toMatch(new RegExp(`app-repo:${source.commit}@${digest}$`));
    expect(done.message).toContain(`@${digest}\n`);
    expect(done.message).not.toContain('{digest');
  });

  it('of an image that was not pushed end the delivery', () => {
    if (waiting === undefined) throw new Error('no delivery');
    expect(codeOf(() => resolveDigests(waiting, [{ name: 'web', reference: 'r', digest }]))).toBe(
      'TEMPLATE_UNRESOLVED',
    );
  });

  it('that nobody asks for leave the delivery as it is', () => {
    const [plain] = plan(seed, { subject: 'about {digest.app}' }).deliveries;
    if (plain === undefined) throw new Error('no delivery');
    expect(resolveDigests(plain, [])).toBe(plain);
  });
});

describe('the message', () => {
  const message = (text: string, from: Partial<Source>) => plan(text, from).deliveries[0]?.message ?? '';
  const withMessage = seed.replace(
    'from: main',
    'from: "**"\n    message: "{subject} on {branch}"\n    trailers: { Note: "{subject}" }',
  );

  it('takes no line from whoever writes commit subjects, branches or names (trailer injection)', () => {
    const text = message(withMessage, {
      subject: 'Fix\n\nTagboat-Run: https://evil.example/\r\nTagboat-Source: x\u2028y\u0000',
      branch: 'a\nTagboat-App: evil',
      author: { name: 'Eve <x@y>\nTagboat-App: evil', email: 'e@v\nil' },
      url: undefined,
      runUrl: undefined,
    });
    const lines = text.split('\n');
    expect(lines.filter((line) => /^Tagboat-(?:Run|Source|App):/.test(line))).toEqual([
      'Tagboat-App: shop',
      `Tagboat-Source: ${source.commit}`,
    ]);
    expect(lines[0]).toMatch(/^Fix Tagboat-Run: .* on a Tagboat-App: evil$/);
    expect(lines).toContain(
      'Argocd-reference-commit-author: Eve x@yTagboat-App: evil <e@vil>'.replace('x@yT', 'x@y T'),
    );
  });

  it('keeps every foreign word on a line of its own making, whatever it is', () => {
    const any = fc.string({ unit: 'binary', maxLength: 30 });
    fc.assert(
      fc.property(any, any, any, (subject, branch, name) => {
        const from = { subject, branch: `x${branch}`, author: { name, email: 'a@b' } };
        const expected = message(withMessage, {
          ...from,
          subject: 's',
          branch: 'x',
          author: { name: 'n', email: 'a@b' },
        });
        const keys = (text: string) =>
          text
            .split(/\r\n|[\n\r\u2028\u2029\u0085]/)
            .slice(1)
            .map((line) => line.split(':')[0]);
        const optional = ['Note', 'Argocd-reference-commit-subject'];
        const kept = (text: string) => keys(text).filter((key) => !optional.includes(key ?? ''));
        expect(kept(message(withMessage, from))).toEqual(kept(expected));
      }),
    );
  });

  it('leaves long values, and those of several lines, to the diff', () => {
    const request = { ...inActions, repo: 'https://x/y', branch: 'main' };
    for (const value of ['a\nTagboat-App: x', 'x'.repeat(600)]) {
      const edits = [{ file: 'v.yaml', path: '.a', value, create: false }];
      expect(planCommit({ ...request, edits, message: 'm' }).message).toBe('m\n');
    }
  });
});

describe('a commit without a config', () => {
  const edits = [{ file: 'main/values.yaml', path: '.front.imageTag', value: 'v2', create: true }];
  const request = { actions: false, repo: 'https://example.com/c.git', branch: 'main', edits };

  it('says what it sets', () => {
    expect(planCommit(request)).toEqual({
      name: 'commit',
      repo: 'https://example.com/c.git',
      branch: 'main',
      edits,
      message: 'Set .front.imageTag to v2\n\nTagboat-Set: main/values.yaml:.front.imageTag=v2\n',
      author: { name: 'tagboat', email: 'tagboat@localhost' },
      committer: { name: 'tagboat', email: 'tagboat@localhost' },
      deploy: undefined,
      via: 'git',
    });
    expect(planCommit({ ...request, edits: [...edits, ...edits] }).message).toMatch(/^Set 2 values\n/);
  });

  it('takes a message and author, and tells the commit it comes from where there is one', () => {
    const author = { name: 'Ada', email: 'ada@example.com' };
    const done = planCommit({ ...request, message: 'Deploy\r\n\r\nby hand\n', author, source });
    expect(done.author).toEqual(author);
    expect(done.message).toMatch(/^Deploy\n\nby hand\n\nTagboat-App: acme\/shop\n/);
    expect(done.message).toContain(`Tagboat-Source: https://github.com/acme/shop@${source.commit}\n`);
  });

  it("names its author beside GitHub's own where GitHub's API makes it", () => {
    const author = { name: 'Ada', email: 'ada@example.com' };
    const done = planCommit({ ...request, author, via: 'github' });
    expect(done).toMatchObject({ via: 'github', author });
    expect(done.message).toMatch(/\n\nCo-authored-by: Ada <ada@example.com>\nTagboat-Set: /);
    expect(planCommit({ ...request, via: 'github' }).message).not.toContain('Co-authored-by');
  });
});
