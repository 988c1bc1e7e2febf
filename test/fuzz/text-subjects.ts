import { createKeeper } from '../../src/auth/keeper.ts';
import { fetchIdToken } from '../../src/auth/oidc.ts';
import { entryFor, helperFor, readDockerConfig } from '../../src/auth/registry/docker-config.ts';
import { editFile } from '../../src/commit/edit/edit.ts';
import { brokenBy, parseHolds, withChange, writeHolds } from '../../src/commit/holds/holds.ts';

import { readIntent, writeIntent } from '../../src/commit/queue/intent.ts';
import { parseConfig } from '../../src/config/config.ts';
import { isError } from '../../src/errors.ts';
import { readDockerignore } from '../../src/image/context/dockerignore.ts';
import { readDockerfile, readSyntax } from '../../src/image/dockerfile/dockerfile.ts';
import { neededStages } from '../../src/image/dockerfile/stages.ts';
import { formatPath, parsePath } from '../../src/plan/path.ts';
import { readKubeconfig } from '../../src/wire/kubernetes/kubeconfig.ts';
import type { World } from '../../src/wire/world.ts';
import { answering, json, never, type Subject, text } from './subject.ts';

const tagboatError = (error: unknown): boolean => isError(error);

const dockerfile = `# syntax=docker/dockerfile:1
ARG BASE=alpine:3
FROM --platform=$BUILDPLATFORM $BASE AS build
ENV A=1 B="two words" \\
    # a comment
    C='x'
COPY --from=alpine --chown=1:2 --exclude=*.md ["a b", "/c/"]
COPY <<EOF <<-"OTHER" /dir/
text $A
EOF
	other
OTHER
RUN --mount=type=bind,source=x,target=/y \\
  echo $A
HEALTHCHECK --interval=5m30s CMD curl
ONBUILD ADD x /
FROM scratch
COPY --from=build /a /b
`;

const values = `# the shop
a: &anchor {x: 1, y: [1, 2]}
front:
  imageTag:   "a"   # from CI
  replicas: 2
back: {imageTag: 'b', <<: *anchor}
images:
- name: app
  newTag: |-
    v1
---
kind: Deployment
spec: {x: "1", y: 2}
`;

const tomlValues = `a = 1_0 # c
[front]
imageTag = 'a'
"x.y" = """
b"""
[[images]]
name = "app"
newTag = "1"
day = 1979-05-27
z = { q = [1, "]"] }
`;

const hclValues = `front = { imageTag = "a" } # c
images = [{ name : "app", newTag = <<-E
  a
  E
}]
x = max("%{"}"}", 1) /* c */
`;

const sign = { name: 'Ada', email: 'ada@example.test' };
const id = '1700000000000-0123456789ab';
const intent = {
  ...{ id, branch: 'main', message: 'Set front', author: sign, committer: sign },
  ...{ publishedAt: 1_700_000_000_000, expiresAt: 1_700_000_060_000 },
  edits: [{ file: 'main/values.yaml', path: '.front.imageTag', value: 'b', create: false, expects: 'a' }],
};

const config = `# yaml-language-server: $schema=tagboat.schema.json
registry: { host: ghcr.io/acme, login: ghcr }
aws: { role: "arn:aws:iam::123456789012:role/r", region: eu-west-1, sessionSeconds: 900 }
tag: "{commit}"
images:
  app: { repository: app, dockerfile: Dockerfile, args: { A: "$\{CI_NAME}" }, platforms: [linux/amd64] }
deliveries:
  main:
    from: [main, "release/*"]
    repo: acme/config
    set:
      main/values.yaml: { .front.imageTag: "{tag}", '.images[name=app].newTag': "{digest.app}" }
    trailers: { X-Y: "{commit}" }
`;

const hold = {
  ...{ file: 'main/values.yaml', path: '.front.imageTag', value: 'a' },
  ...{ by: 'Ada', why: 'Rolled back', since: '2026-01-01T00:00:00.000Z' },
};

const kubeconfig = `apiVersion: v1
current-context: prod
contexts: [{ name: prod, context: { cluster: &c main, user: ada } }]
clusters:
- { name: *c, cluster: { server: "https://k8s.test:6443", certificate-authority-data: QUJD } }
users:
- name: ada
  user: { exec: { command: aws, args: [eks, get-token], env: [{ name: A, value: b }], apiVersion: client/v1 } }
`;

const claims = Buffer.from('{"iss":"https://token.test","sub":"repo:a/b","aud":"sts"}').toString('base64url');

/** A world whose every request is answered with these bytes. */
function worldAnswering(body: Buffer): World {
  return {
    http: answering(body),
    exec: () => Promise.reject(new Error('nothing is run here')),
    clock: { now: () => 0, sleep: async () => undefined },
    env: { ACTIONS_ID_TOKEN_REQUEST_URL: 'https://token.test/', ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request-token' },
    signal: new AbortController().signal,
    notice: () => undefined,
    random: () => 0.5,
    mask: () => undefined,
  };
}

const flatPaths = ['.front.imageTag', '.front.new'];
const paths = [...flatPaths, '.images[name=app].newTag'];
const yamlPaths = ['doc[kind=Deployment].spec.x'];

/** Sets several values in a file; what it holds may refuse each of them. */
function edited(file: string, input: Buffer, paths: readonly string[]): Subject {
  return {
    name: `an edited ${file}`,
    inputs: [input],
    read: (bytes) => {
      let refused: unknown;
      for (const path of paths) {
        try {
          editFile(file, bytes, [{ file, path, value: 'v: "2"', create: path === '.front.new' }]);
        } catch (error) {
          if (!tagboatError(error)) throw error;
          refused = error;
        }
      }
      if (refused !== undefined) throw refused;
    },
    declared: tagboatError,
  };
}

/** Files and answers that are text. */
export const textSubjects: readonly Subject[] = [
  {
    name: 'a Dockerfile',
    inputs: [text(dockerfile)],
    read: (bytes) => {
      const source = bytes.toString('utf8');
      readSyntax(source);
      const read = readDockerfile(source, 'Dockerfile');
      neededStages(read, {
        target: undefined,
        args: { BASE: 'x' },
        contexts: [],
        buildPlatform: 'linux/amd64',
        targetPlatform: 'linux/arm64',
      });
    },
    declared: tagboatError,
  },
  {
    name: 'a .dockerignore',
    inputs: [text('# comment\n*\n!src/**\nsrc/**/*.md\n[a-z]?x\n\\*\n**.log\n!./a/../b\n')],
    read: (bytes) => {
      const ignore = readDockerignore(bytes.toString('utf8'), '.dockerignore');
      for (const path of ['a', 'src/a/b.md', 'x/y/z.log', '*']) ignore.test(path, undefined);
    },
    declared: tagboatError,
  },
  edited('values.yaml', text(values), [...yamlPaths, ...paths]),
  edited(
    'values.json',
    json({ front: { imageTag: 'a' }, images: [{ name: 'app', newTag: 1 }], kind: 'Deployment', spec: { x: 1 } }),
    [...yamlPaths, ...paths],
  ),
  edited('values.toml', text(tomlValues), paths),
  edited('.env', text('# c\nexport front.imageTag="a b" # c\nB=\'x\ny\'\nC=$x\n'), flatPaths),
  edited('values.properties', text('! c\nfront.imageTag : a\\\n  b\\u0041\nx\\ y=z\n'), flatPaths),
  edited('values.tfvars', text(hclValues), paths),
  {
    name: 'an intent',
    inputs: [writeIntent(intent, 'sha1', undefined).commit.content],
    read: (bytes) => readIntent(bytes, id, 'main', undefined),
    declared: never,
  },
  {
    name: 'the holds',
    inputs: [writeHolds([hold, { ...hold, path: '.back["x.y"]', until: '2026-02-01T00:00:00+09:00', app: 'shop' }])],
    read: (bytes) => {
      const holds = parseHolds('.tagboat/holds.json', bytes);
      brokenBy(
        ({ path }) => (path === '.front.imageTag' ? 'b' : undefined),
        holds,
        { is: 'release', places: holds.slice(1) },
        Date.UTC(2026, 0, 2),
      );
      withChange(holds, { is: 'release', places: holds.slice(0, 1) }, [], Date.UTC(2026, 0, 2));
    },
    declared: tagboatError,
  },
  {
    name: 'a kubeconfig',
    inputs: [text(kubeconfig)],
    read: (bytes) => readKubeconfig(bytes.toString('utf8'), undefined),
    declared: never,
  },
  {
    name: "Docker's config",
    inputs: [
      json({
        auths: { 'registry.test': { auth: 'dTpw' }, 'https://index.docker.io/v1/': { identitytoken: 'x' } },
        credHelpers: { 'ghcr.io': 'helper' },
        credsStore: 'store',
      }),
    ],
    read: (bytes) => {
      const read = readDockerConfig(bytes.toString('utf8'), 'config.json');
      if ('why' in read) return;
      for (const host of ['registry.test', 'docker.io', '__proto__']) {
        entryFor(read, host);
        helperFor(read, host);
      }
    },
    declared: never,
  },
  {
    name: 'a tagboat.yaml',
    inputs: [text(config)],
    read: (bytes) => parseConfig(bytes.toString('utf8'), 'tagboat.yaml', { CI_NAME: 'ci' }),
    declared: tagboatError,
  },
  {
    name: 'a path of values',
    inputs: [text('.front."a.b"[name=app,kind=x].list[0]'), text('doc[kind=Deployment].spec.x')],
    read: (bytes) => formatPath(parsePath(bytes.toString('utf8'))),
    declared: tagboatError,
  },
  {
    name: 'an OIDC token',
    inputs: [json({ count: 3, value: `e30.${claims}.c2ln` })],
    read: (bytes) =>
      fetchIdToken(
        worldAnswering(bytes),
        createKeeper(() => undefined),
        'sts',
      ),
    declared: tagboatError,
  },
];
