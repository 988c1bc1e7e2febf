import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { configMistakes, parseConfig, peekConfig } from '../../src/config/config.ts';
import { configJsonSchema } from '../../src/config/shape/schema.ts';
import { lookUpImages } from '../../src/entry/run/lists/look-up.ts';
import { testWorld } from '../support/world.ts';

const root = resolve(import.meta.dirname, '../..');
const ajv = new Ajv({ strict: false, allErrors: true });
const validate = ajv.compile(configJsonSchema());
const editorRefuses = (text: string): boolean => !validate(parse(text));
const codes = (text: string) => configMistakes(text, 'tagboat.yaml', {}).map(({ code }) => code);

type Part = Readonly<Record<string, unknown>>;
const delivery: Part = { from: 'main', repo: 'acme/config', set: { 'main/values.yaml': { '.front.tag': '{tag}' } } };
const pool = 'projects/123456789012/locations/global/workloadIdentityPools/builds/providers/github';
const directory = '72f988bf-86f1-41af-91ab-2d7cd011db47';
const whole: Part = { registry: 'ghcr.io/acme', images: { app: {} }, deliveries: { main: delivery } };
const image = (part: Part): Part => ({ ...whole, images: { app: part } });
const deliver = (part: Part): Part => ({ ...whole, deliveries: { main: { ...delivery, ...part } } });
const promoted = (part: Part): Part => {
  const { from: _, ...target } = delivery;
  return { ...whole, deliveries: { main: delivery, next: { ...target, after: 'main', ...part } } };
};
const followed = (part: Part): Part =>
  deliver({ application: 'shop', argocd: { server: 'https://argocd.example.com', ...part } });

const hooked = (part: Part): Part => ({ ...whole, notify: [{ url: `\${CHAT_HOOK}`, ...part }] });

/** What is refused by the command line and by an editor alike. */
const mistakes: readonly (readonly [title: string, file: Part])[] = [
  ['nothing to do', { registry: 'ghcr.io' }],
  ['a key that there is not', { ...whole, image: {} }],
  ['images without a registry', { images: { app: {} } }],
  ['a hook by its address', hooked({ url: 'https://hooks.example.com/x' })],
  ['a hook with more than its variable', hooked({ url: `https://\${CHAT_HOST}/x` })],
  ['a hook without a URL', { ...whole, notify: [{ as: 'slack' }] }],
  ['a hook in a form that there is not', hooked({ as: 'irc' })],
  ['a hook for an end that there is not', hooked({ on: ['rolled-back'] })],
  ['a hook for nothing', hooked({ on: [] })],
  ['a hook with an unknown variable in its words', hooked({ text: '{service} is live' })],
  ['a hook with no words', hooked({ text: ' ' })],
  ["a hook with a key's value for its variable", hooked({ secret: 'not a name' })],
  ['one hook that is no list', { ...whole, notify: { url: `\${CHAT_HOOK}` } }],
  ['a registry with its scheme', { ...whole, registry: 'https://ghcr.io' }],
  ['a registry with a user name', { ...whole, registry: 'me@ghcr.io' }],
  ['a registry with capitals in its path', { ...whole, registry: 'ghcr.io/Acme' }],
  ['a registry map with a bad host', { ...whole, registry: { host: 'a b' } }],
  ['a login that there is not', { ...whole, registry: { host: 'ghcr.io', login: 'token' } }],
  ['insecure as a text', { ...whole, registry: { host: 'ghcr.io', insecure: 'yes' } }],
  ['a role by its name', { ...whole, aws: { role: 'deliver' } }],
  ['a region that is none', { ...whole, aws: { region: 'tokyo' } }],
  ['a session that is too short', { ...whole, aws: { sessionSeconds: 60 } }],
  ["a provider by its project's name", { ...whole, google: { workloadIdentityProvider: 'projects/acme/providers/x' } }],
  ['a provider with its host', { ...whole, google: { workloadIdentityProvider: `//iam.googleapis.com/${pool}` } }],
  [
    'a service account without its project',
    { ...whole, google: { workloadIdentityProvider: pool, serviceAccount: 'deliver' } },
  ],
  ['an audience of Google with a space', { ...whole, google: { workloadIdentityProvider: pool, audience: 'a b' } }],
  ['an application by its name', { ...whole, azure: { clientId: 'deliver', tenantId: directory } }],
  ['a directory by its domain', { ...whole, azure: { clientId: directory, tenantId: 'acme.onmicrosoft.com' } }],
  [
    'an audience of Azure with a space',
    { ...whole, azure: { clientId: directory, tenantId: directory, audience: 'a b' } },
  ],
  ['an audience with a space', { ...whole, aws: { audience: 'a b' } }],
  ['a tag with a slash', { ...whole, tag: 'v1/x' }],
  ['a tag with an unknown variable', { ...whole, tag: '{sha}' }],
  ['a value that is the content', deliver({ set: { 'values.yaml': { '.tag': '{content}' } } })],
  ['an image from elsewhere without tag and digest', image({ from: 'ghcr.io/acme/app' })],
  ['an image from elsewhere with an unknown variable', image({ from: 'ghcr.io/acme/app:{sha}' })],
  ['an image from elsewhere with a Dockerfile', image({ from: 'ghcr.io/acme/app:v1', dockerfile: 'Dockerfile' })],
  ['an image from elsewhere with a tag', image({ from: 'ghcr.io/acme/app:v1', tag: '{commit}' })],
  ['an image from elsewhere by its URL', image({ from: 'https://ghcr.io/acme/app:v1' })],
  [
    'an image to build beside one from elsewhere, without a registry',
    { images: { app: { from: 'ghcr.io/acme/app:v1' }, web: {} } },
  ],
  ['a tag among several by content', image({ tags: ['{content}'] })],
  ['a secret with a source that there is not', image({ secrets: { npm: { file: 'x' } } })],
  ['a secret of nothing', image({ secrets: { npm: {} } })],
  ['a secret of two sources', image({ secrets: { npm: { env: 'A', src: 'a' } } })],
  ["a secret's value for its variable", image({ secrets: { npm: { env: 'not a name' } } })],
  ['a secret by a word alone', image({ secrets: { npm: 'NPM_TOKEN' } })],
  ['a secret from a file like an option', image({ secrets: { npm: 'src=-x' } })],
  ['a secret whose id has a comma', image({ secrets: { 'a,b': 'env=A' } })],
  ['secrets as a list', image({ secrets: ['npm'] })],
  ['secrets where nothing is run', image({ engine: 'assemble', secrets: { npm: 'env=A' } })],
  ['an SSH agent by another word', image({ ssh: 'agent' })],
  ['SSH keys as a list', image({ ssh: ['default'] })],
  ["an SSH key's id with an equals sign", image({ ssh: { 'a=b': 'key' } })],
  ['SSH where nothing is run', image({ engine: 'assemble', ssh: 'default' })],
  ['a tag among several with a slash', image({ tags: ['latest', 'v1/x'] })],
  ['a tag among several with an unknown variable', image({ tags: ['{version}'] })],
  ['a tag among several with a part of a version that there is not', image({ tags: ['{major.patch}'] })],
  ['one of several tags twice', image({ tags: ['latest', 'latest'] })],
  ['several tags as one text', image({ tags: 'latest' })],
  ['several tags that are none', image({ tags: [] })],
  ['a label whose name has a blank', image({ labels: { 'my label': 'x' } })],
  ['a label with an unknown variable', image({ labels: { version: '{version}' } })],
  ['a label with what only the push tells', image({ labels: { digest: '{digest.app}' } })],
  ['labels as a list', image({ labels: ['a=b'] })],
  ['an annotation whose name has an equals sign', image({ annotations: { 'a=b': 'x' } })],
  ['annotations of another engine', image({ engine: 'docker', annotations: { a: 'b' } })],
  ['a check that is a text', image({ check: 'trivy image {image}' })],
  ['a check with an unknown variable', image({ check: ['trivy', '{tag}'] })],
  ['no check at all', image({ check: [] })],
  ['a check without a program', image({ check: [['trivy'], []] })],
  ['a requirement that there is not', image({ require: { maxSeverity: 'high' } })],
  ['a signature of anybody', image({ require: { signed: true } })],
  [
    'a signature without a trusted root',
    image({ require: { signed: { issuer: 'https://a.example.com', subject: 'x' } } }),
  ],
  [
    'a signature by an issuer that is no URL',
    image({ require: { signed: { issuer: 'github', subject: 'x', trustRoot: 'trusted_root.json' } } }),
  ],
  ["an image's name with a dot", { ...whole, images: { 'my.app': { repository: 'app' } } }],
  ['a repository with capitals', image({ repository: 'App' })],
  ['a repository with two dots', image({ repository: 'a..b' })],
  ['a Dockerfile by its absolute path', image({ dockerfile: '/Dockerfile' })],
  ['a Dockerfile above the root', image({ dockerfile: '../Dockerfile' })],
  ['a context with backslashes', image({ context: 'a\\b' })],
  ['a target with a space', image({ target: 'a b' })],
  ['an argument with a dash', image({ args: { 'MY-ARG': '1' } })],
  ['a platform without its system', image({ platforms: ['amd64'] })],
  ['a platform whose machine is cut short', image({ platforms: ['linux/amd'] })],
  ["a platform by Docker's own word for its machine", image({ platforms: ['linux/x86_64'] })],
  ['a platform of a machine that its system never ran on', image({ platforms: ['darwin/s390x'] })],
  ['a platform of a variant that there is not', image({ platforms: ['linux/arm/v9'] })],
  ['no platform at all', image({ platforms: [] })],
  ['a platform twice', image({ platforms: ['linux/amd64', 'linux/amd64'] })],
  ['an engine that there is not', image({ engine: 'kaniko' })],
  ['a builder for another engine', image({ engine: 'docker', builder: 'mine' })],
  ['attestations of another engine', image({ engine: 'buildah', attest: { sbom: true } })],
  ['contexts for another engine', image({ engine: 'docker', contexts: { base: 'base' } })],
  ['zstd by another engine', image({ engine: 'docker', compression: 'zstd' })],
  ["a builder's address without its port", image({ builder: 'tcp://buildkit' })],
  ['a certificate without its key', image({ builder: { address: 'tcp://b:1', ca: 'ca.pem', cert: 'c.pem' } })],
  ['a refresh without its unit', image({ refresh: '7' })],
  ['a signature from a plain URL', image({ sign: { fulcio: 'http://fulcio.example.com' } })],
  ['a context named context', image({ contexts: { context: 'base' } })],
  ['a context by an unknown scheme', image({ contexts: { base: 'ftp://x/y' } })],
  ['reuse from nothing', image({ reuseFrom: [] })],
  ['a delivery without its repo', { ...whole, deliveries: { main: { from: 'main', set: delivery.set } } }],
  ["a delivery's name with a slash", { ...whole, deliveries: { 'a/b': delivery } }],
  ['a branch with a space', deliver({ from: 'my branch' })],
  ['no branch', deliver({ from: [] })],
  ['a map that takes nothing', deliver({ from: {} })],
  ['a key of what delivers that there is not', deliver({ from: { tag: 'v*' } })],
  ['a git tag with a space', deliver({ from: { tags: ['v 1'] } })],
  ['a git tag by its whole ref', deliver({ from: { tags: 'refs/tags/v1' } })],
  ['pull requests by a name', deliver({ from: { pullRequests: 'topic' } })],
  ['an order that there is not', deliver({ order: 'time' })],
  ['releases in order, of branches', deliver({ order: 'semver' })],
  ['releases in order, of pull requests', deliver({ from: { pullRequests: true }, order: 'semver' })],
  ['a config branch with a star', deliver({ branch: 'release/*' })],
  ['a config branch that is made from no name of one', deliver({ createBranch: { from: 'a b' } })],
  ['a config branch that is made from nothing', deliver({ createBranch: {} })],
  ['a config branch that is made on an API which needs one', deliver({ createBranch: true, via: 'github' })],
  ['a config branch by its whole ref', deliver({ branch: 'refs/heads/main' })],
  ['a repo by ssh', deliver({ repo: 'git@github.com:acme/config.git' })],
  ['a repo by its name alone', deliver({ repo: 'config' })],
  ['a repo with a query', deliver({ repo: 'https://github.com/acme/config?x=1' })],
  ['nothing to set', deliver({ set: {} })],
  ['a file with nothing to set', deliver({ set: { 'values.yaml': {} } })],
  ['a file outside of the repo', deliver({ set: { '../values.yaml': { '.tag': '{tag}' } } })],
  ['a path without its dot', deliver({ set: { 'values.yaml': { 'front.tag': '{tag}' } } })],
  ['a path that ends in a dot', deliver({ set: { 'values.yaml': { '.front.': '{tag}' } } })],
  ['an expression for a path', deliver({ set: { 'values.yaml': { '.images[*].tag': '{tag}' } } })],
  ['a value with an unknown variable', deliver({ set: { 'values.yaml': { '.tag': '{sha}' } } })],
  ['a value that is a list', deliver({ set: { 'values.yaml': { '.tag': ['{tag}'] } } })],
  ['an empty message', deliver({ message: ' ' })],
  ['a digest in a message', deliver({ message: 'Set {digest.app}' })],
  ['an author without an address', deliver({ author: 'Ada' })],
  ["a trailer of Tagboat's own", deliver({ trailers: { 'Tagboat-Intent': 'x' } })],
  ['an allowance that there is not', deliver({ allow: ['everything'] })],
  ['a way that there is not', deliver({ via: 'svn' })],
  ['what a pull request is like, without one', deliver({ pullRequest: { labels: ['deploy'] } })],
  ['a pull request by an unknown merge', deliver({ via: 'pullRequest', pullRequest: { autoMerge: 'octopus' } })],
  ['a pull request on an unknown host', deliver({ via: 'pullRequest', pullRequest: { host: 'bitbucket' } })],
  ['a reviewer with a space', deliver({ via: 'pullRequest', pullRequest: { reviewers: ['Ada L'] } })],
  ['an empty label', deliver({ via: 'pullRequest', pullRequest: { labels: [' '] } })],
  ['a title with an unknown variable', deliver({ via: 'pullRequest', pullRequest: { title: 'Set {sha}' } })],
  ['sync without an application', deliver({ sync: true })],
  [
    'an application with capitals',
    { ...deliver({ application: 'Shop' }), argocd: { server: 'https://a.example.com' } },
  ],
  ['an Argo CD without its server', { ...whole, argocd: {} }],
  ['an Argo CD by plain http', followed({ server: 'http://argocd.example.com' })],
  ['an Argo CD with a token in its URL', followed({ server: 'https://me@argocd.example.com' })],
  ['a server with a kubeconfig', followed({ auth: 'kubeconfig' })],
  ['a delivery that nothing delivers to', promoted({ after: undefined })],
  ['what is promoted and delivered by runs too', promoted({ from: 'main' })],
  ['windows without a promotion', deliver({ windows: 'Mon 09:00-17:00 UTC' })],
  ['a soak without a promotion', deliver({ soak: '30m' })],
  ['a soak of no time', promoted({ soak: '0m' })],
  ['a soak without its unit', promoted({ soak: '30' })],
  ['windows without their zone', promoted({ windows: 'Mon-Fri 09:00-17:00' })],
  ['windows of days that there are not', promoted({ windows: ['Mon-Fri 09:00-17:00 UTC', 'Weekend 09:00-17:00 UTC'] })],
  ['windows of hours that there are not', promoted({ windows: 'Mon 25:00-26:00 UTC' })],
  ['no windows', promoted({ windows: [] })],
  ['a freeze by a word', promoted({ freeze: 'Christmas' })],
  ['a freeze of a month that there is not', promoted({ freeze: ['2026-13-01 UTC'] })],
  ['a message for a promotion', promoted({ message: 'Update to {tag}' })],
  ['trailers for a promotion', promoted({ trailers: { 'Reviewed-by': 'Ada' } })],
  ['releases in order by promotion', promoted({ order: 'semver' })],
  ['a timeout without its unit', followed({ timeout: '600' })],
  ["a secret's value for its name", followed({ webhookSecret: 'not a name' })],
];

describe('a mistake in tagboat.yaml', () => {
  it.each(mistakes)('%s is refused by the command line and by an editor', (_, file) => {
    const text = JSON.stringify(file);
    expect({ cli: codes(text).length > 0, editor: editorRefuses(text) }).toEqual({ cli: true, editor: true });
  });

  it('comes in at least 46 kinds', () => {
    expect(mistakes.length).toBeGreaterThanOrEqual(46);
  });

  it('is not what is right: nothing refuses the examples, with their variables unset', async () => {
    const files = readdirSync(join(root, 'examples'), { recursive: true, encoding: 'utf8' });
    const configs = files.filter((file) => file.endsWith('tagboat.yaml'));
    const world = testWorld();
    expect(configs.length).toBeGreaterThan(0);
    for (const file of configs) {
      const text = readFileSync(join(root, 'examples', file), 'utf8');
      const lists = await lookUpImages(world, dirname(join(root, 'examples', file)), peekConfig(text, file, {}));
      expect(configMistakes(text, file, {}, lists), file).toEqual([]);
      expect(validate(parse(text, { merge: true })) || validate.errors, file).toBe(true);
    }
  });

  it.each<[string, Part]>([
    ['images from elsewhere, without a registry', { images: { app: { from: 'ghcr.io/acme/app:{commit}' } } }],
    [
      'several checks',
      image({
        check: [
          ['trivy', 'image', '--severity', 'HIGH', '{image}'],
          ['./scan.sh', '{digest}'],
        ],
      }),
    ],
    [
      'what an image from elsewhere must have',
      image({
        from: 'nginx:1.27',
        check: ['true'],
        require: {
          sbom: true,
          signed: { issuer: 'https://a.example.com', subject: 'https://**', trustRoot: 'root.json' },
        },
      }),
    ],
    ['an image from elsewhere for some platforms', image({ from: 'nginx:1.27', platforms: ['linux/arm64'] })],
    [
      'images alone',
      { registry: 'localhost:5000', images: { app: { tag: 'v{shortCommit}-x', dockerfile: 'a/Dockerfile.prod' } } },
    ],
    [
      'secrets and SSH of all kinds',
      image({
        secrets: { npm: { env: 'NPM_TOKEN' }, cert: { src: 'certs/ca.pem' }, a: 'env=A', b: 'src=/run/b, c' },
        ssh: { default: 'agent', 'github.com': 'keys/id' },
      }),
    ],
    ['an SSH agent', image({ engine: 'buildah', ssh: 'default' })],
    [
      'more tags, labels and annotations',
      image({
        tags: ['{gitTag}', '{semver}', 'v{major}', '{major.minor}', '{major}.{minor}', 'pr-{pr}', '{date}', 1.1],
        labels: { 'org.opencontainers.image.version': '{semver}', 'com.example/a_b': '', n: 1, b: true },
        annotations: { 'org.opencontainers.image.title': 'Shop of {tag}, {{commit}} and {"a": 1}' },
      }),
    ],
    [
      'a value with braces of its own',
      deliver({ set: { 'a.json': { '["x.y"].z': '{{tag}} {"a": 1} {image.app}', '.b': 1, '.c': true } } }),
    ],
    [
      'paths of all kinds',
      deliver({
        set: {
          'a.yaml': {
            'doc[kind=Deployment,metadata.name=web].spec.x': 'v',
            '.images[name=app].newTag': 'v',
            '.list[-1]': 'v',
            '."a.b"': 'v',
            '.[0].x': 'v',
          },
        },
      }),
    ],
    ['a config branch that may be made', deliver({ branch: 'env/prod', createBranch: { from: 'main' } })],
    ['branches of all kinds', deliver({ from: ['release/*', 'main', 'feature-1.x'], branch: 'env/prod' })],
    [
      'git tags and pull requests',
      deliver({ from: { branches: 'main', tags: ['v*'], pullRequests: true }, order: 'semver' }),
    ],
    [
      'a hook with words of its own',
      hooked({ as: 'teams', on: ['failed'], text: '{{x}} {delivery}: {why}', deliveries: ['main'] }),
    ],
    ['a hook that is signed', hooked({ secret: 'HOOK_KEY' })],
    ['a repo by its URL', deliver({ repo: 'http://127.0.0.1:8080/git/config.git' })],
    [
      'an application in a namespace',
      {
        ...deliver({ application: ['argocd/shop', { name: 'web', project: 'x' }], sync: true }),
        argocd: { server: 'https://a.example.com/argo', timeout: '1h30m' },
      },
    ],
    [
      'an Argo CD by the cluster',
      { ...deliver({ application: true }), argocd: { auth: 'kubeconfig', context: 'prod' } },
    ],
    [
      'Google and Azure',
      {
        ...whole,
        google: { workloadIdentityProvider: pool, serviceAccount: 'a@b.iam.gserviceaccount.com' },
        azure: { clientId: directory, tenantId: directory },
      },
    ],
    [
      'promotions of all kinds',
      promoted({
        ...{ soak: '1h30m', freeze: ['2026-12-20..2027-01-02', '12-24', '05-01..05-03 America/New_York'] },
        windows: ['Mon-Thu,Sun 09:00-17:00 Europe/Berlin', 'Sat 22:00-06:00 Europe/Berlin'],
      }),
    ],
    ['a promotion at any time', promoted({ freeze: '2026-12-24 UTC', soak: '2d' })],
    [
      'a builder by TLS',
      image({ builder: { address: 'tcp://[::1]:1234', ca: '/etc/ca.pem' }, platforms: ['linux/arm64/v8'] }),
    ],
    [
      'contexts of all kinds',
      image({
        contexts: {
          base: 'base',
          'alpine:3': 'docker-image://alpine:3.20',
          src: 'git@github.com:a/b.git',
          lay: 'oci-layout://out:v1',
        },
      }),
    ],
  ])('is not %s, for either', (_, file) => {
    const text = JSON.stringify(file);
    expect({ cli: codes(text), editor: validate(parse(text)) || validate.errors }).toEqual({ cli: [], editor: true });
  });
});

it('a branch that is made from itself is refused by the command line', () => {
  const text = JSON.stringify(deliver({ branch: 'env/prod', createBranch: { from: 'env/prod' } }));
  expect(codes(text)).toEqual(['CONFIG_VALUE_INVALID']);
});

describe('files written whole', () => {
  const told = (second: string) => {
    const one = (name: string, keys: string) => `  ${name}: { from: { pullRequests: true }, repo: a/b, ${keys} }`;
    const written = `write: { 'p/{pr}.yaml': p.yaml }`;
    const lines = ['registry: ghcr.io', 'images: { app: {} }', 'deliveries:', one('a', written), one('b', second)];
    return configMistakes(lines.join('\n'), 'tagboat.yaml', {}).map(
      ({ code, place, message }) => `${code} ${place?.line} ${message}`,
    );
  };

  it('are refused where two deliveries write one', () => {
    expect(told(`write: { 'p/{pr}.yaml': q.yaml }`)).toEqual([
      expect.stringMatching(/^CONFIG_VALUE_INVALID 5 .*is a file that a writes already/),
    ]);
    expect(told(`branch: other, write: { 'p/{pr}.yaml': q.yaml }`)).toEqual([]);
    expect(told(`write: { 'q/{pr}.yaml': q.yaml }`)).toEqual([]);
  });
});

describe('a chain of promotions that could never run', () => {
  const chain = (deliveries: Readonly<Record<string, string>>): string[] => {
    const lines = Object.entries(deliveries).map(
      ([name, keys]) => `  ${name}: { repo: a/b, set: { v.yaml: { .a: '{tag}' } }, ${keys} }`,
    );
    const found = configMistakes(
      ['registry: ghcr.io', 'images: { app: {} }', 'deliveries:', ...lines].join('\n'),
      'tagboat.yaml',
      {},
    );
    return found.map(({ code, place, message }) => `${place?.line} ${code} ${message}`);
  };

  it.each([
    [
      'goes in a circle',
      { a: 'after: c', b: 'after: a', c: 'after: b' },
      /^4 CONFIG_VALUE_INVALID .*circle: a after c after b after a/,
    ],
    ['is after itself', { a: 'after: a' }, /^4 CONFIG_VALUE_INVALID .*the delivery itself/],
    [
      'is after one that there is not',
      { staging: 'from: main', b: 'after: stagin' },
      /^5 CONFIG_VALUE_INVALID .*mean staging/,
    ],
    [
      'has hours that never open',
      { a: 'from: main', b: "after: a, windows: ['Mon 09:00-09:00 UTC']" },
      /^5 .*windows\[0\].*never open/,
    ],
    [
      'has a zone that there is not',
      { a: 'from: main', b: "after: a, windows: 'Mon 09:00-10:00 Europe/Atlantis'" },
      /^5 .*IANA/,
    ],
    [
      'is frozen all year',
      { a: 'from: main', b: "after: a, freeze: ['01-01..06-30 UTC', '07-01..12-31 UTC']" },
      /^5 .*no day of the year/,
    ],
    [
      'is frozen all but a leap day',
      { a: 'from: main', b: "after: a, freeze: ['03-01..02-29 UTC']" },
      /^5 .*no day of the year/,
    ],
    ['is frozen in no one zone', { a: 'from: main', b: 'after: a, freeze: 12-24' }, /^5 .*time zone/],
    [
      'has a title of its own',
      { a: 'from: main', b: 'after: a, via: pullRequest, pullRequest: { title: x }' },
      /^5 .*writes its own/,
    ],
  ] as const)('is refused where it %s', (_, deliveries, told) => {
    expect(chain(deliveries)).toEqual([expect.stringMatching(told)]);
  });

  it('is none where it ends', () => {
    expect(
      chain({ production: 'after: staging', dev: 'from: main', staging: 'after: dev', canary: 'after: staging' }),
    ).toEqual([]);
  });
});

describe('all mistakes of a file', () => {
  const text = `registry: https://ghcr.io
aws: { role: deliver, regoin: x }
images:
  app: { dockerfile: ../Dockerfile, platforms: [amd64], engin: docker }
  app: {}
  Web: { tag: '{sha}' }
deliveries:
  main:
    from: my branch
    set:
      values.yaml: { tag: '{tag}', .other: '\${{ github.sha }}' }
    sync: maybe
`;

  it('are told at once, each at its place', () => {
    const found = configMistakes(text, 'tagboat.yaml', {}).map(({ code, place }) => `${place?.line} ${code}`);
    expect(found).toEqual([
      '1 CONFIG_VALUE_INVALID',
      '2 CONFIG_VALUE_INVALID',
      '2 CONFIG_KEY_UNKNOWN',
      '4 CONFIG_VALUE_INVALID',
      '4 CONFIG_VALUE_INVALID',
      '4 CONFIG_KEY_UNKNOWN',
      '5 CONFIG_YAML_INVALID',
      '6 CONFIG_VALUE_INVALID',
      '6 CONFIG_VALUE_INVALID',
      '8 CONFIG_KEY_MISSING',
      '9 CONFIG_VALUE_INVALID',
      '11 PATH_SYNTAX_INVALID',
      '11 CONFIG_VALUE_INVALID',
      '12 CONFIG_VALUE_INVALID',
    ]);
  });

  it('are none where only variables are unset: what they make of a text is not known', () => {
    const file = JSON.stringify({
      ...whole,
      registry: `\${ACCOUNT}.dkr.ecr.\${REGION}.amazonaws.com`,
      aws: { region: `\${REGION}` },
    });
    expect(codes(file)).toEqual([]);
    expect(() => parseConfig(file, 'x', {})).toThrow(expect.objectContaining({ code: 'CONFIG_VARIABLE_UNSET' }));
  });

  // A secret in the file ends its reading: no other mistake may show the line.
  const readable = mistakes.filter(([title]) => !title.includes('a token in its URL'));

  it.each(readable)('of one with %s are the same with it alone as with others beside it', (_, file) => {
    const alone = codes(JSON.stringify(file));
    const among = codes(JSON.stringify({ ...file, nonsense: 1 }));
    expect(among.toSorted()).toEqual([...alone, 'CONFIG_KEY_UNKNOWN'].toSorted());
  });
});
