import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Buildkit, noBuildkit, startBuildkit } from '../../support/buildkit.ts';
import { cli } from '../../support/cli.ts';
import { git, gitHost, noHttpBackend, tempDir } from '../../support/git-host.ts';
import { startOwnRegistry } from '../../support/registries.ts';
import { pushShell } from '../fingerprint/shell-image.ts';
import { contentsOf, type Files, writeContext } from '../images.ts';

const token = 'token-2718281828459045';
const bake = `variable "REG" { default = "ghcr.io/nobody" }
variable "VERSION" { default = "0" }
variable "RELEASE_PAT" { default = "" }
group "default" { targets = ["web", "jobs"] }
target "_common" { labels = { "com.acme.team" = "shop" } }
target "web" {
  inherits = ["_common"]
  context = "web"
  args = { V = upper("v\${VERSION}") }
  labels = { "com.acme.signed" = RELEASE_PAT == "" ? "no" : "yes", "com.acme.text" = "a {commit} b" }
  secret = ["id=npm,env=NPM_TOKEN"]
  tags = ["\${REG}/acme/shop/web:\${VERSION}", "\${REG}/acme/shop/web", "docker.io/acme/web:1"]
  cache-to = ["type=inline"]
}
target "jobs" {
  inherits = ["_common"]
  context = "jobs"
  dockerfile = "Dockerfile.jobs"
  target = "last"
  args = { J = "all jobs" }
  platforms = ["linux/amd64", "linux/arm64"]
}
`;
const compose = `services:
  web:
    image: "\${REG}/acme/shop/web:\${VERSION:-0}"
    build:
      context: ../web
      args: { V: "V\${VERSION:-0}" }
      labels: { com.acme.team: shop, com.acme.signed: "\${RELEASE_PAT:+yes}", com.acme.text: "a {commit} b" }
      secrets: [npm]
      tags: ["\${REG}/acme/shop/web:latest"]
      x-bake: { tags: ["\${REG}/acme/shop/web:\${VERSION:-0}", "\${REG}/acme/shop/web"] }
  jobs:
    build:
      context: ../jobs
      dockerfile: Dockerfile.jobs
      target: last
      args: [J=all jobs]
      labels: [com.acme.team=shop]
      platforms: [linux/amd64, linux/arm64]
  db: { image: "postgres:16" }
secrets: { npm: { environment: NPM_TOKEN } }
`;
const app = (host: string): Files => ({
  'docker-bake.hcl': bake,
  'deploy/compose.yaml': compose,
  'web/Dockerfile': `FROM ${host}/shell:1
ARG V=none
RUN --mount=type=secret,id=npm,required=true read -r t < /run/secrets/npm || true; : > "/npm-\${#t}"; : > "/is-$V"
COPY page /
`,
  'web/page': 'hello\n',
  'jobs/Dockerfile.jobs':
    'FROM scratch AS first\nCOPY job /first\nFROM scratch AS last\nARG J\nENV J=$J\nCOPY job /\nFROM scratch\n',
  'jobs/job': 'work\n',
});

const missing = noBuildkit ?? noHttpBackend;
describe.skipIf(missing !== undefined)(
  `what is delivered${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    let buildkit: Buildkit;
    beforeAll(async () => {
      buildkit = await startBuildkit();
    }, 1_260_000);
    afterAll(() => buildkit?.close());

    /** An app repo and servers of its own, and how the command line runs in it. */
    async function shop(images: string, files: Files = {}) {
      const registry = await startOwnRegistry();
      onTestFinished(() => registry.close());
      const { host } = registry;
      await pushShell(host, true);
      const configs = await gitHost();
      const values = '# by CI\nimage:\n  tag: none\n';
      const repo = await configs.createRepo('config', {
        files: { 'apps/web/dev.yaml': values, 'apps/jobs/dev.yaml': values },
      });
      const dir = await tempDir();
      await writeContext(dir, {
        ...app(host),
        ...files,
        'tagboat.yaml': `registry: "${host}/acme"\nimages: ${images}\ndeliveries:\n  dev:\n    from: main\n    repo: ${repo}\n    set:\n      "apps/{name}/dev.yaml": { .image.tag: "{tag}" }\n`,
      });
      await git(dir, 'init', '--quiet', '--initial-branch=main');
      await git(dir, 'add', '--all');
      await git(dir, '-c', 'user.name=Ada', '-c', 'user.email=ada@example.test', 'commit', '--quiet', '-m', 'Open');
      const commit = (await git(dir, 'rev-parse', 'HEAD')).trim();
      const given = { REG: host, VERSION: '2', NPM_TOKEN: token, RELEASE_PAT: 'pat-3141592653589793' };
      const env = { ...buildkit.env, BUILDX_BUILDER: buildkit.builder, ...given };
      const run = (args: readonly string[], more: Readonly<Record<string, string | undefined>> = {}) =>
        cli([...args, '--json'], { cwd: dir, env: { ...env, ...more } });
      return { host, commit, configs, run };
    }

    it('is told with what is left out by validate and doctor, where no secret is needed, and plan names the one missing', async () => {
      const { run } = await shop('{ bake: docker-bake.hcl }');
      const without = { NPM_TOKEN: undefined, RELEASE_PAT: undefined };
      for (const command of [['validate'], ['doctor', '--offline']]) {
        const { code, events } = await run(command, without);
        expect(code).toBe(0);
        const told = events.flatMap((event) =>
          event.type === 'notice' && event.code === 'BAKE_LEFT_OUT' ? [[event.code, event.data]] : [],
        );
        expect(told).toEqual(Array(2).fill(['BAKE_LEFT_OUT', { image: 'web' }]));
      }
      const { events } = await run(['plan'], without);
      const errors = events.flatMap((event) => (event.type === 'result' ? event.errors : []));
      expect(errors).toMatchObject([{ code: 'BUILD_SECRET_MISSING', message: expect.stringContaining('NPM_TOKEN') }]);
    });

    it.each([
      ['of a bake file', '{ bake: docker-bake.hcl }'],
      ['of a compose file', '{ compose: deploy/compose.yaml }'],
    ])(
      'is all that the targets %s say: images, tags, labels and the config commit',
      async (_, images) => {
        const { host, commit, configs, run } = await shop(images);
        const { code, events, stdout, stderr } = await run(['ship']);
        expect(
          events.flatMap((event) => (event.type === 'result' ? event.errors : [])),
          stderr,
        ).toEqual([]);
        expect(code).toBe(0);
        expect(stdout).not.toContain(token);

        for (const name of ['web', 'jobs'])
          expect(await configs.git('config', 'show', `main:apps/${name}/dev.yaml`)).toBe(
            `# by CI\nimage:\n  tag: ${commit}\n`,
          );
        expect(await configs.git('config', 'rev-list', '--count', 'main')).toBe('2\n');
        const digests = await Promise.all(
          [commit, '2', 'latest'].map(async (tag) => {
            const accept = 'application/vnd.oci.image.manifest.v1+json';
            const { headers } = await fetch(`http://${host}/v2/acme/shop/web/manifests/${tag}`, {
              headers: { accept },
            });
            return headers.get('docker-content-digest');
          }),
        );
        expect(digests[0]).toMatch(/^sha256:/);
        expect(new Set(digests).size).toBe(1);
        const web = await contentsOf(host, 'acme/shop/web', commit);
        expect(Object.keys(web.files)).toEqual(expect.arrayContaining([`npm-${token.length}`, 'is-V2', 'page']));
        const labels = { 'com.acme.team': 'shop', 'com.acme.signed': 'yes', 'com.acme.text': 'a {commit} b' };
        expect(web.config.Labels).toMatchObject(labels);
        const accept = 'application/vnd.oci.image.index.v1+json';
        const listed = await fetch(`http://${host}/v2/acme/jobs/manifests/${commit}`, { headers: { accept } });
        const index = (await listed.json()) as { manifests: { digest: string; platform: { architecture: string } }[] };
        expect(index.manifests.map(({ platform }) => platform.architecture).sort()).toEqual(['amd64', 'arm64']);
        for (const { digest } of index.manifests) {
          const jobs = await contentsOf(host, 'acme/jobs', digest);
          expect(Object.keys(jobs.files)).toEqual(['job']);
          expect(jobs.config).toMatchObject({
            Env: expect.arrayContaining(['J=all jobs']),
            Labels: { 'com.acme.team': 'shop' },
          });
        }
        const again = await run(['build']);
        const finished = again.events.flatMap((event) => (event.type === 'image.finished' ? [event.outcome.is] : []));
        expect(finished).toEqual(['reused', 'reused']);
      },
      300_000,
    );
  },
);
