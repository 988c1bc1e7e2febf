import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configMistakes, parseConfig, peekConfig } from '../../../src/config/config.ts';
import { lookUpImages } from '../../../src/entry/run/lists/look-up.ts';
import { buildkitIsBuilt, buildxProgram } from '../../support/buildkit.ts';
import { tempDir } from '../../support/git-host.ts';
import { testWorld } from '../../support/world.ts';
import { type Files, writeContext } from '../images.ts';

const missing = buildkitIsBuilt() ? undefined : 'buildx is not built yet; npm run test:slow does it';

const bake = `variable "REG" { default = "ghcr.io/nobody" }
variable "VERSION" { default = "0" }
function "ref" {
  params = [name]
  result = "\${REG}/\${name}:\${VERSION}"
}
group "default" { targets = ["web"] }
group "all" { targets = ["default", "jobs"] }
target "_common" {
  platforms = ["linux/amd64", "linux/arm64"]
  args = { V = upper("v\${VERSION}"), NONE = null }
  labels = { "org.opencontainers.image.vendor" = "Acme" }
}
target "web" {
  inherits = ["_common"]
  context = "web"
  dockerfile = "Dockerfile.web"
  contexts = { files = "./files", alp = "docker-image://alpine:3" }
  tags = [ref("shop/web"), "docker.io/acme/web:latest"]
  secret = ["id=npm,env=NPM_TOKEN", { type = "file", id = "f", src = "secret.txt" }]
  cache-from = ["type=registry,ref=a/b"]
  attest = ["type=sbom", { type = "provenance", mode = "max" }]
  annotations = ["index,manifest:org.x=1"]
}
target "jobs" {
  matrix = { n = ["one", "two"] }
  name = "job-\${n}"
  context = "jobs/\${n}"
  tags = [ref("job-\${n}")]
}
target "inline" { dockerfile-inline = "FROM scratch" }
`;
const compose = `services:
  web:
    build:
      context: ./web
      args: { V: "\${VERSION:-0}" }
      target: prod
      additional_contexts: { fs: ../files }
      secrets: [npm, f]
      platforms: [linux/amd64]
    image: ghcr.io/acme/web:1
  api: { build: api }
  my.job: { build: { context: ., dockerfile: job/Dockerfile, labels: { a: b } } }
  db: { image: "postgres:16" }
secrets: { npm: { environment: NPM }, f: { file: ./secret.txt } }
`;

describe.skipIf(missing !== undefined)(
  `docker buildx bake${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    async function read(images: string, files: Files, env: Readonly<Record<string, string>> = {}) {
      const [dir, home] = [await tempDir(), await tempDir()];
      await writeContext(dir, { 'secret.txt': 's', ...files });
      mkdirSync(join(home, '.docker/cli-plugins'), { recursive: true });
      symlinkSync(buildxProgram(), join(home, '.docker/cli-plugins/docker-buildx'));
      const world = testWorld({ env: { PATH: '/usr/bin:/bin', HOME: home, ...env } });
      const text = `registry: ghcr.io/acme\nimages: ${images}\n`;
      const lists = await lookUpImages(world, dir, peekConfig(text, 'tagboat.yaml', world.env));
      return {
        config: () => parseConfig(text, 'tagboat.yaml', world.env, { lists }),
        codes: configMistakes(text, 'tagboat.yaml', world.env, lists).map(({ code }) => code),
        bake: lists.bake,
      };
    }

    it('has groups, inheritance, functions, a matrix and variables of the environment', async () => {
      const env = { REG: 'ghcr.io/acme', VERSION: '2' };
      const { config } = await read('{ bake: docker-bake.hcl, targets: [all] }', { 'docker-bake.hcl': bake }, env);
      const { images, leftOut } = config();
      expect(images).toMatchObject([
        {
          ...{ name: 'web', repository: 'acme/shop/web', tag: '{commit}', tags: ['2'] },
          ...{ context: 'web', dockerfile: 'web/Dockerfile.web', args: { V: 'V2' } },
          platforms: ['linux/amd64', 'linux/arm64'],
          labels: { 'org.opencontainers.image.vendor': 'Acme' },
          annotations: { 'org.x': '1' },
          contexts: expect.arrayContaining([
            { name: 'files', is: 'folder', dir: 'files' },
            { name: 'alp', is: 'image', reference: 'alpine:3' },
          ]),
          secrets: [
            { id: 'npm', from: 'env', variable: 'NPM_TOKEN' },
            { id: 'f', from: 'src', file: 'secret.txt' },
          ],
          attest: { sbom: true, provenance: 'max' },
        },
        {
          name: 'job-one',
          context: 'jobs/one',
          dockerfile: 'jobs/one/Dockerfile',
          repository: 'acme/job-one',
          tags: ['2'],
        },
        { name: 'job-two', context: 'jobs/two', repository: 'acme/job-two' },
      ]);
      expect(leftOut?.map(({ image }) => image)).toEqual(['web', 'web']);
    });

    it("has a compose file's services with build:, from the file's own folder", async () => {
      const { config } = await read('{ compose: deploy/compose.yaml }', {
        ...{ 'deploy/compose.yaml': compose, 'deploy/secret.txt': 's' },
      });
      const byName = Object.fromEntries(config().images.map((image) => [image.name, image]));
      expect(byName).toMatchObject({
        web: {
          ...{ context: 'deploy/web', dockerfile: 'deploy/web/Dockerfile', target: 'prod', args: { V: '0' } },
          ...{ repository: 'acme/web', tags: ['1'], contexts: [{ name: 'fs', is: 'folder', dir: 'files' }] },
          secrets: [
            { id: 'npm', from: 'env', variable: 'NPM' },
            { id: 'f', from: 'src', file: 'deploy/secret.txt' },
          ],
        },
        api: { context: 'deploy/api', repository: 'acme/api' },
        my_job: { context: 'deploy', dockerfile: 'deploy/job/Dockerfile', labels: { a: 'b' } },
      });
      expect(Object.keys(byName).toSorted()).toEqual(['api', 'my_job', 'web']);
    });

    it('tells a target that there is not, with those that there are', async () => {
      const { codes, bake: found } = await read('{ bake: docker-bake.hcl, targets: [wbe] }', {
        'docker-bake.hcl': bake,
      });
      expect(codes).toEqual(['BAKE_TARGET_UNKNOWN']);
      expect(found).toMatchObject({
        is: 'noTarget',
        target: 'wbe',
        known: expect.arrayContaining(['all', 'job-one', 'web']),
      });
      const bare = await read('{ bake: docker-bake.hcl }', { 'docker-bake.hcl': 'target "web" {}' });
      expect(bare.codes).toEqual(['BAKE_TARGET_UNKNOWN']);
    });

    it('is told from a file that it cannot read, and from buildx that is not there', async () => {
      const codesOf = async (text: string) => (await read('{ bake: b.hcl }', { 'b.hcl': text })).codes;
      expect(await codesOf('target "web" { context = nowhere }')).toEqual(['BAKE_UNREADABLE']);
      expect((await read('{ bake: nowhere.hcl }', {})).codes).toEqual(['BAKE_UNREADABLE']);
      const hidden = await read('{ bake: b.hcl }', { 'b.hcl': 'target "default" {}' }, { PATH: '/nowhere' });
      expect(hidden.codes).toEqual(['BAKE_NO_BUILDX']);
      const bare = await read(
        '{ bake: b.hcl }',
        { 'b.hcl': 'target "default" {}' },
        { DOCKER_CONFIG: '/nowhere', HOME: '/nowhere' },
      );
      const hasOwn = ['/usr/libexec', '/usr/lib', '/usr/local/lib', '/usr/local/libexec'].some((dir) =>
        existsSync(join(dir, 'docker/cli-plugins/docker-buildx')),
      );
      expect(bare.codes).toEqual(hasOwn ? [] : ['BAKE_NO_BUILDX']);
    });

    it('refuses a Dockerfile inside of a bake file', async () => {
      const { codes } = await read('{ bake: b.hcl, targets: [inline] }', { 'b.hcl': bake });
      expect(codes).toEqual(['BAKE_UNSUPPORTED']);
    });
  },
);
