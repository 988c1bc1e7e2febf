// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are config files, where that is a variable.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { configJsonSchema } from '../../src/config/shape/schema.ts';
import { isError, type TagboatError } from '../../src/errors.ts';
import { runs } from '../support/runs.ts';
import { account, config, fault, seed } from './config-text.ts';

const image = (text: string) => `registry: localhost:5000\nimages:\n  app: ${text}\n`;
const delivery = (text: string) =>
  `deliveries:\n  production:\n    from: main\n    repo: acme/config\n    set: { v.yaml: { .a: x } }\n${text}`;

describe('the ways into Google and Azure', () => {
  const pool = 'projects/123456789012/locations/global/workloadIdentityPools/builds/providers/github';
  const id = '6731de76-14a6-49ae-97bc-6eba6914391e';
  const images = 'images: { app: {} }\n';

  it('have the audiences that their clouds expect', () => {
    const text = `registry: acme.azurecr.io\n${images}google: { workloadIdentityProvider: "${pool}" }\nazure: { clientId: "${id}", tenantId: "${id}" }\n`;
    expect(config(text)).toMatchObject({
      google: {
        workloadIdentityProvider: pool,
        serviceAccount: undefined,
        audience: `https://iam.googleapis.com/${pool}`,
      },
      azure: { clientId: id, tenantId: id, audience: 'api://AzureADTokenExchange' },
    });
  });

  it.each([
    ['a provider in another form', 'google:\n  workloadIdentityProvider: pool/github\n', 'CONFIG_VALUE_INVALID', 4, 29],
    ['a provider that is missing', 'google: {}\n', 'CONFIG_KEY_MISSING', 3, 1],
    ['an id that is none', `azure:\n  clientId: deliver\n  tenantId: ${id}\n`, 'CONFIG_VALUE_INVALID', 4, 13],
    ['a directory that is missing', `azure: { clientId: ${id} }\n`, 'CONFIG_KEY_MISSING', 3, 1],
    ['a word of another tool', `azure: { client-id: ${id}, tenantId: ${id} }\n`, 'CONFIG_KEY_UNKNOWN', 3, 10],
  ])('are refused at their place: %s', (_, text, code, line, column) => {
    expect(() => config(`registry: acme.azurecr.io\n${images}${text}`)).toThrow(
      expect.objectContaining({ code, place: expect.objectContaining({ line, column }) }),
    );
  });

  it('`login: acr` needs one', () => {
    const text = `registry: { host: acme.azurecr.io, login: acr }\n${images}`;
    expect(() => config(text)).toThrow(expect.objectContaining({ code: 'CONFIG_KEY_MISSING' }));
  });
});

describe('a config', () => {
  it('says where images go, and fills in what it leaves out', () => {
    const read = config(seed);
    expect(read.aws).toEqual({
      role: 'arn:aws:iam::123456789012:role/role-github',
      region: 'ap-northeast-1',
      sessionSeconds: 1800,
      audience: 'sts.amazonaws.com',
    });
    expect(read.images.map(({ name }) => name)).toEqual(['app', 'web', 'migration']);
    expect(read.images[0]).toEqual({
      name: 'app',
      registry: {
        host: '123456789012.dkr.ecr.ap-northeast-1.amazonaws.com',
        prefix: '',
        login: 'auto',
        insecure: false,
      },
      repository: 'app-repo',
      tags: [],
      labels: {},
      tag: '{commit}',
      dockerfile: 'build/app/Dockerfile.prod',
      context: '.',
      contexts: [],
      builderTls: undefined,
      target: undefined,
      annotations: {},
      args: {},
      platforms: ['linux/amd64'],
      engine: 'auto',
      builder: undefined,
      cache: true,
    });
    expect(read.deliveries).toEqual([
      {
        name: 'production',
        from: { branches: ['main'], tags: [], pullRequests: false },
        repo: 'https://github.com/acme/config.git',
        branch: 'main',
        set: [{ file: 'main/values.yaml', path: '.front.imageTag', value: '{tag}', as: 'text' }],
        create: false,
        allow: [],
        write: [],
        message: 'Update image tag to {tag}',
        author: undefined,
        trailers: [],
        deploy: undefined,
        order: 'guard',
        queue: true,
        via: 'git',
      },
    ]);
  });

  it('takes every key', () => {
    const read = config(`registry: { host: ghcr.io/acme, login: docker, insecure: true }
aws: { audience: sts.amazonaws.com.cn }
tag: "{branch}-{shortCommit}"
images:
  app:
    repository: shop/app
    reuseFrom: [shop/old, ghcr.io/elsewhere/app]
    dockerfile: docker/Dockerfile
    context: services/app
    target: final
    args: { VERSION: 1.10, DEBUG: false, EMPTY: "", PORT: 0755 }
    platforms: [linux/amd64, linux/arm64/v8]
    engine: buildx
    builder: tcp://buildkit.example.com:1234
    attest: { sbom: true, provenance: max }
    sign: { rekor: https://rekor.example.com }
    cache: false
    tag: v-{commit}
deliveries:
  staging:
    from: [main, "release/**"]
    repo: https://git.example.com/ops/config.git/
    branch: env/staging
    set:
      a.yaml: { .version: 1.10, '.images[name=app].newTag': "{tag.app}" }
      b.json: { .image: "{image.app}@{digest.app}" }
    create: true
    message: |
      Deploy {subject}

      From {branch}.
    author: Deploy Bot <bot@example.com>
    trailers: { Change-Id: "{shortCommit}" }
    application: shop-staging
    sync: true
    onUnhealthy: rollback
argocd: { server: https://argo.example.com/cd/, ca: ca.pem, auth: oidc, timeout: 1m30s, webhookSecret: HOOK }
`);
    expect(read.images[0]).toMatchObject({
      reuseFrom: ['acme/shop/old', 'elsewhere/app'],
      registry: { host: 'ghcr.io', prefix: 'acme', login: 'docker', insecure: true },
      repository: 'acme/shop/app',
      args: { VERSION: '1.10', DEBUG: 'false', EMPTY: '', PORT: '0755' },
      platforms: ['linux/amd64', 'linux/arm64/v8'],
      tag: 'v-{commit}',
      builder: 'tcp://buildkit.example.com:1234',
      attest: { sbom: true, provenance: 'max' },
      sign: { fulcio: 'https://fulcio.sigstore.dev', rekor: 'https://rekor.example.com' },
    });
    expect(read.deliveries[0]).toMatchObject({
      from: { branches: ['main', 'release/**'], tags: [], pullRequests: false },
      repo: 'https://git.example.com/ops/config.git',
      branch: 'env/staging',
      set: [
        { file: 'a.yaml', path: '.version', value: '1.10' },
        { file: 'a.yaml', path: '.images[name=app].newTag', value: '{tag.app}' },
        { file: 'b.json', path: '.image', value: '{image.app}@{digest.app}' },
      ],
      create: true,
      author: { name: 'Deploy Bot', email: 'bot@example.com' },
      trailers: [{ key: 'Change-Id', value: '{shortCommit}' }],
      deploy: {
        argocd: {
          server: 'https://argo.example.com/cd',
          caFile: 'ca.pem',
          auth: 'oidc',
          timeoutMs: 90_000,
          longestMs: 90_000,
        },
        applications: [{ name: 'shop-staging', namespace: undefined }],
        sync: true,
        onUnhealthy: 'rollback',
      },
    });
  });

  it('may only build or only deliver, and may leave keys empty', () => {
    expect(config('registry: localhost:5000\naws:\nimages:\n  app:\n  web: { target: }\ndeliveries:\n')).toMatchObject({
      aws: undefined,
      images: [
        { name: 'app', repository: 'app', dockerfile: 'Dockerfile', registry: { insecure: true } },
        { target: undefined },
      ],
      deliveries: [],
    });
    expect(config(delivery('')).images).toEqual([]);
  });

  it('may use anchors', () => {
    const text = `${image('&a { args: { K: v } }')}  web: { args: { K: w } }\n`;
    expect(config(text.replace('{ args: { K: w } }', '{ args: &x { K: w } }')).images[1]?.args).toEqual({ K: 'w' });
    expect(fault(`${image('*nowhere')}`).code).toBe('CONFIG_YAML_INVALID');
  });

  it('takes owner/name for a repository on the server the job runs on', () => {
    const env = { ...account, GITHUB_SERVER_URL: 'https://ghe.example.com' };
    expect(config(seed, env).deliveries[0]?.repo).toBe('https://ghe.example.com/acme/config.git');
  });
});

describe('a value to set', () => {
  const asked = (value: string) =>
    config(delivery('').replace('.a: x', `.a: ${value}`), { N: '3', T: '{tag}' }).deliveries[0]?.set[0];

  it('is of the type that it has in the file, where all readers agree on it', () => {
    expect(asked('3')).toMatchObject({ value: '3', as: 'number' });
    expect(asked('-0.5')).toMatchObject({ value: '-0.5', as: 'number' });
    expect(asked('20971520')).toMatchObject({ value: '20971520', as: 'number' });
    expect(asked('False')).toMatchObject({ value: 'false', as: 'boolean' });
    for (const text of ['1.10', '0151', '1e3', '0x10', '+1', '123456789012345678901', '.inf']) {
      expect(asked(text)).toMatchObject({ value: text, as: 'text' });
    }
    for (const text of ['"3"', "'false'", 'yes', 'v1', '""']) expect(asked(text)).toMatchObject({ as: 'text' });
  });

  it('is text with a template in it, and with the environment in it what the place says', () => {
    expect(asked('"{tag}"')).toMatchObject({ as: 'text' });
    expect(asked('"{commit}-${N}"')).toMatchObject({ as: 'text' });
    expect(asked('"${N}"')).toEqual({ file: 'v.yaml', path: '.a', value: '3', as: undefined });
  });
});

describe('variables', () => {
  it('are filled in wherever a text stands, in files and paths to set too', () => {
    const text = delivery('').replace('v.yaml: { .a: x }', '"envs/${ENV}/v.yaml": { ".${ENV}.tag": "${ENV}-x" }');
    expect(config(text, { ENV: 'prod' }).deliveries[0]?.set).toEqual([
      { file: 'envs/prod/v.yaml', path: '.prod.tag', value: 'prod-x' },
    ]);
  });

  it('are text, whatever they hold: no YAML, no templates for other variables, nothing is filled in twice', () => {
    const text = delivery('').replace('.a: x', '.a: "${A}"');
    expect(config(text, { A: '{a: 1}', B: 'b' }).deliveries[0]?.set[0]?.value).toBe('{a: 1}');
    expect(config(text, { A: '${B}', B: 'b' }).deliveries[0]?.set[0]?.value).toBe('${{B}}');
    expect(config(text, { A: '{commit}' }).deliveries[0]?.set[0]?.value).toBe('{{commit}}');
    expect(
      config(
        text.replace('${A}', () => '$${A}$'),
        {},
      ).deliveries[0]?.set[0]?.value,
    ).toBe('${{A}}$');
  });

  it('that are not set, or empty, are named with their place', () => {
    for (const env of [{}, { AWS_ACCOUNT: '' }]) {
      const error = fault(seed, env);
      expect([error.code, error.exitCode, error.data]).toMatchObject([
        'CONFIG_VARIABLE_UNSET',
        2,
        { name: 'AWS_ACCOUNT' },
      ]);
      expect(error.place).toMatchObject({ file: 'tagboat.yaml', line: 1, column: 11 });
    }
    const inside = fault(seed.replace('role-github', 'role-${ROLE}'));
    expect(inside.place).toMatchObject({ line: 3, column: 47 });
  });

  it('that are none are refused', () => {
    for (const wrong of ['${{ vars.A }}', '${A B}', '${A', '${}', '${1A}', '${A:-b}']) {
      expect(fault(seed.replace('acme/config', `"${wrong}"`)).code).toBe('CONFIG_VALUE_INVALID');
    }
  });

  it('that hold secrets are refused: what stands in the file is printed', () => {
    const names = ['GITHUB_TOKEN', 'AWS_SECRET_ACCESS_KEY', 'DB_PASSWORD', 'my_api_key', 'SECRET_X'];
    for (const name of [
      ...names,
      'TAGBOAT_QUEUE_KEY',
      'TAGBOAT_APP_PRIVATE_KEY',
      'PAT',
      'GH_PAT',
      'DB_PWD',
      'SIGNING_KEY',
    ]) {
      expect(fault(image(`{ args: { A: "\${${name}}" } }`), { [name]: 'x' }).code).toBe('CONFIG_SECRET_IN_FILE');
    }
    const error = fault(image('{ args: { A: "${HARMLESS}" } }'), { HARMLESS: `ghp_${'a1'.repeat(18)}` });
    expect([error.code, error.data]).toMatchObject(['CONFIG_SECRET_IN_FILE', { variable: 'HARMLESS' }]);
    expect(JSON.stringify(error)).not.toContain('ghp_');
    for (const name of ['AWS_ACCOUNT', 'TOKENIZER', 'KEY_COUNT', 'PATCH', 'PWD', 'TOKEN_FILE', 'SONAR_PROJECT_KEY']) {
      expect(config(image(`{ args: { A: "\${${name}}" } }`), { [name]: 'x' }).images[0]?.args).toEqual({ A: 'x' });
    }
  });
});

describe('a secret in the file', () => {
  it('is known by its value too, whatever name it has there, and by that of a proxy’s password', () => {
    const env = { TAGBOAT_QUEUE_KEY: 'plain-words-only', HTTPS_PROXY: 'http://bob:s3cret%2Fword@proxy.test:3128' };
    for (const value of ['plain-words-only', 's3cret/word', 's3cret%2Fword']) {
      expect(fault(image('{ args: { A: "${HARMLESS}" } }'), { ...env, HARMLESS: `x${value}` }).code).toBe(
        'CONFIG_SECRET_IN_FILE',
      );
      const error = fault(`${seed}# ${value}\n`, env);
      expect(error.code).toBe('CONFIG_SECRET_IN_FILE');
      expect(JSON.stringify(error)).not.toContain(value);
    }
    expect(config(`${seed}# bob of proxy.test\n`, { ...account, ...env }).deliveries).toHaveLength(1);
  });

  const secrets = [
    `ghp_${'aB3'.repeat(12)}`,
    `github_pat_${'aB3_'.repeat(10)}`,
    `glpat-${'aB3-'.repeat(5)}`,
    'AKIAIOSFODNN7EXAMPLE',
    `eyJ${'a'.repeat(20)}.eyJ${'b'.repeat(20)}.${'c'.repeat(20)}`,
    '-----BEGIN OPENSSH PRIVATE KEY-----',
    'https://user:hunter2@github.com/acme/config',
    'https://x-access-token@github.com/acme/config',
    `dckr_pat_${'aB3-'.repeat(6)}`,
    `npm_${'aB3'.repeat(12)}`,
  ];
  it.each(secrets)('is found before anything else is said, and never shown: %s', (secret) => {
    for (const text of [`${seed}# ${secret}\n`, seed.replace('acme/config', `"${secret}"`), `a: [\n${secret}`]) {
      const error = fault(text);
      expect([error.code, error.exitCode]).toEqual(['CONFIG_SECRET_IN_FILE', 2]);
      expect(error.place?.line).toBeGreaterThan(0);
      expect(error.place?.text).toBeUndefined();
      expect(JSON.stringify([error.message, error.hint, error.data])).not.toContain(secret.slice(8, 20));
    }
  });

  it('is not what a commit id, a digest, a mail address or a template is', () => {
    const text = seed.replace('{tag}', `{tag} sha256:${'a1'.repeat(32)} ${'19ea9ee1a0'.repeat(4)} a@b.example`);
    expect(config(`# https://example.com/@scope/x\n${text}`).deliveries).toHaveLength(1);
  });

  it('under a key of its own is not shown with the key', () => {
    const error = fault(`${seed}password: hunter2\n`);
    expect([error.code, error.place?.text]).toEqual(['CONFIG_KEY_UNKNOWN', 'password']);
    const flow = fault(seed.replace('repository: app-repo,', 'token: hunter2,'));
    expect(flow.place?.text).toBe('  app: { token');
  });
});

describe('a mistake is told with its place', () => {
  const wrong: [string, string, string, number, number][] = [
    ['images:', 'imges:', 'CONFIG_KEY_UNKNOWN', 6, 1],
    ['    from: main', '    form: main', 'CONFIG_KEY_UNKNOWN', 12, 5],
    ['    from: main\n', '', 'CONFIG_KEY_MISSING', 11, 3],
    ['    repo: acme/config\n', '', 'CONFIG_KEY_MISSING', 11, 3],
    ['registry: ', 'registry: [a] #', 'CONFIG_VALUE_INVALID', 1, 11],
    ['registry: ', 'registry: https://', 'CONFIG_VALUE_INVALID', 1, 11],
    [':role/role-github', ':user/x', 'CONFIG_VALUE_INVALID', 3, 9],
    ['region: ap-northeast-1', 'region: Tokyo', 'CONFIG_VALUE_INVALID', 4, 11],
    ['1800', '60', 'CONFIG_VALUE_INVALID', 5, 19],
    ['1800', '99999', 'CONFIG_VALUE_INVALID', 5, 19],
    ['1800', 'soon', 'CONFIG_VALUE_INVALID', 5, 19],
    ['app-repo', 'App_Repo', 'CONFIG_VALUE_INVALID', 7, 22],
    ['build/app/Dockerfile.prod', '/etc/passwd', 'CONFIG_VALUE_INVALID', 7, 44],
    ['build/app/Dockerfile.prod', '../Dockerfile', 'CONFIG_VALUE_INVALID', 7, 44],
    ['build/app/Dockerfile.prod', '.git/config', 'CONFIG_VALUE_INVALID', 7, 44],
    ['  app:', '  my app:', 'CONFIG_VALUE_INVALID', 7, 3],
    ['web-repo', 'app-repo', 'CONFIG_VALUE_INVALID', 8, 3],
    ['from: main', 'from: [main, "a b"]', 'CONFIG_VALUE_INVALID', 12, 18],
    ['from: main', 'from: []', 'CONFIG_VALUE_INVALID', 12, 11],
    ['acme/config', 'git@github.com:acme/config.git', 'CONFIG_VALUE_INVALID', 13, 11],
    ['acme/config', 'config', 'CONFIG_VALUE_INVALID', 13, 11],
    ['main/values.yaml:', '../values.yaml:', 'CONFIG_VALUE_INVALID', 15, 7],
    ['main/values.yaml:', '/values.yaml:', 'CONFIG_VALUE_INVALID', 15, 7],
    ['main/values.yaml:', 'main/values.ini:', 'FILE_KIND_UNKNOWN', 15, 7],
    ['.front.imageTag:', 'front.imageTag:', 'PATH_SYNTAX_INVALID', 16, 9],
    ['"{tag}"', '"{tga}"', 'CONFIG_VALUE_INVALID', 16, 26],
    ['"{tag}"', '"{image.ap}"', 'CONFIG_VALUE_INVALID', 16, 26],
    ['"{tag}"', '[x]', 'CONFIG_VALUE_INVALID', 16, 26],
    ['images:', 'images: [\n', 'CONFIG_YAML_INVALID', 9, 3],
    ['  web:', '  app:', 'CONFIG_YAML_INVALID', 8, 3],
    ['aws:\n', 'aws:\n\trole: x\n', 'CONFIG_YAML_INVALID', 3, 1],
  ]; // biome-ignore format: a table
  it.each(wrong)('%j as %j: %s at %i:%i', (right, mistake, code, line, column) => {
    expect(seed).toContain(right);
    const error = fault(seed.replace(right, mistake));
    expect([error.code, error.exitCode]).toEqual([code, 2]);
    expect(error.place).toMatchObject({ file: 'tagboat.yaml', line, column });
  });

  it('with a guess at what was meant', () => {
    const guess = (text: string) => (fault(text).data as { nearest: string | undefined }).nearest;
    expect(guess(seed.replace('images:', 'imges:'))).toBe('images');
    expect(guess(seed.replace('from:', 'form:'))).toBe('from');
    expect(guess(seed.replace('dockerfile:', 'Dockerfile:'))).toBe('dockerfile');
    expect(guess('registry: { hots: x }\nimages: { a: {} }')).toBe('host');
    expect(guess(`${seed}whatever: 1\n`)).toBeUndefined();
  });

  const images: [string, string][] = [
    ['{ engine: podman }', 'CONFIG_VALUE_INVALID'],
    ['{ platforms: [] }', 'CONFIG_VALUE_INVALID'],
    ['{ platforms: [amd64] }', 'CONFIG_VALUE_INVALID'],
    ['{ platforms: [linux/amd64, linux/amd64] }', 'CONFIG_VALUE_INVALID'],
    ['{ platforms: linux/amd64 }', 'CONFIG_VALUE_INVALID'],
    ['{ target: "a b" }', 'CONFIG_VALUE_INVALID'],
    ['{ target: --push }', 'CONFIG_VALUE_INVALID'],
    ['{ args: { "A B": 1 } }', 'CONFIG_VALUE_INVALID'],
    ['{ args: [A] }', 'CONFIG_VALUE_INVALID'],
    ['{ args: { A: } }', 'CONFIG_VALUE_INVALID'],
    ['{ cache: maybe }', 'CONFIG_VALUE_INVALID'],
    ['{ attest: { provenance: true } }', 'CONFIG_VALUE_INVALID'],
    ['{ attest: { sbom: "a b" } }', 'CONFIG_VALUE_INVALID'],
    ['{ attest: { sbom: true }, engine: assemble }', 'CONFIG_VALUE_INVALID'],
    ['{ attest: { sbm: true } }', 'CONFIG_KEY_UNKNOWN'],
    ['{ compression: zstd, engine: buildah }', 'CONFIG_VALUE_INVALID'],
    ['{ compression: lz4 }', 'CONFIG_VALUE_INVALID'],
    ['{ sign: { fulcio: "http://fulcio.example.com" } }', 'CONFIG_VALUE_INVALID'],
    ['{ sign: { rekor: "https://rekor.example.com/?q" } }', 'CONFIG_VALUE_INVALID'],
    ['{ sign: { tsa: "https://x" } }', 'CONFIG_KEY_UNKNOWN'],
    ['{ reuseFrom: [] }', 'CONFIG_VALUE_INVALID'],
    ['{ reuseFrom: old }', 'CONFIG_VALUE_INVALID'],
    ['{ reuseFrom: [app] }', 'CONFIG_VALUE_INVALID'],
    ['{ reuseFrom: [old, old] }', 'CONFIG_VALUE_INVALID'],
    ['{ reuseFrom: [old, localhost:5000/old] }', 'CONFIG_VALUE_INVALID'],
    ['{ reuseFrom: [Old] }', 'CONFIG_VALUE_INVALID'],
    ['{ reuseFrom: ["old:1"] }', 'CONFIG_VALUE_INVALID'],
    ['{ reuseFrom: [registry.example.com/old] }', 'CONFIG_VALUE_INVALID'],
    ['{ builder: "ssh://host" }', 'CONFIG_VALUE_INVALID'],
    ['{ builder: "tcp://user:secret@host:1" }', 'CONFIG_SECRET_IN_FILE'],
    ['{ engine: buildah, builder: x }', 'CONFIG_VALUE_INVALID'],
    ['{ builder: { address: "tcp://b:1" } }', 'CONFIG_KEY_MISSING'],
    ['{ builder: { ca: ca.pem } }', 'CONFIG_KEY_MISSING'],
    ['{ builder: { address: "unix:///b", ca: ca.pem } }', 'CONFIG_VALUE_INVALID'],
    ['{ builder: { address: "tcp://b:1", ca: "" } }', 'CONFIG_VALUE_INVALID'],
    ['{ builder: { address: "tcp://b:1", ca: ca.pem, cert: c.pem } }', 'CONFIG_KEY_MISSING'],
    ['{ builder: { address: "tcp://b:1", ca: ca.pem, key: k.pem } }', 'CONFIG_KEY_MISSING'],
    ['{ builder: { address: "tcp://b:1", ca: ca.pem, serverName: "a b" } }', 'CONFIG_VALUE_INVALID'],
    ['{ builder: { address: "tcp://b:1", ca: ca.pem, insecure: true } }', 'CONFIG_KEY_UNKNOWN'],
    ['{ engine: buildah, builder: { address: "tcp://b:1", ca: ca.pem } }', 'CONFIG_VALUE_INVALID'],
    ['{ tag: "-{commit}" }', 'CONFIG_VALUE_INVALID'],
    ['{ tag: "a/b" }', 'CONFIG_VALUE_INVALID'],
    ['{ tag: "{digest.app}" }', 'CONFIG_VALUE_INVALID'],
    ['{ tag: "{subject}" }', 'CONFIG_VALUE_INVALID'],
    ['{ tag: "{content} {content}" }', 'CONFIG_VALUE_INVALID'],
    ['{ context: "a\\\\b" }', 'CONFIG_VALUE_INVALID'],
    ['{ context: "C:/x" }', 'CONFIG_VALUE_INVALID'],
    ['{ contexts: [a] }', 'CONFIG_VALUE_INVALID'],
    ['{ contexts: { lib: ../lib } }', 'CONFIG_VALUE_INVALID'],
    ['{ contexts: { lib: /lib } }', 'CONFIG_VALUE_INVALID'],
    ['{ contexts: { lib: .git/x } }', 'CONFIG_VALUE_INVALID'],
    ['{ contexts: { Lib: lib } }', 'CONFIG_VALUE_INVALID'],
    ['{ contexts: { "a b": lib } }', 'CONFIG_VALUE_INVALID'],
    ['{ contexts: { context: lib } }', 'CONFIG_VALUE_INVALID'],
    ['{ contexts: { scratch: lib } }', 'CONFIG_VALUE_INVALID'],
    ['{ contexts: { alpine: lib, "docker.io/library/alpine:latest": other } }', 'CONFIG_VALUE_INVALID'],
    ['{ contexts: { lib: "target:lib" } }', 'CONFIG_VALUE_INVALID'],
    ['{ contexts: { lib: "ssh://host/x" } }', 'CONFIG_VALUE_INVALID'],
    ['{ contexts: { lib: "ssh://git@host/x" } }', 'CONFIG_SECRET_IN_FILE'],
    ['{ contexts: { lib: "docker-image://A B" } }', 'CONFIG_VALUE_INVALID'],
    ['{ contexts: { lib: "docker-image://" } }', 'CONFIG_VALUE_INVALID'],
    ['{ contexts: { lib: "oci-layout://../x" } }', 'CONFIG_VALUE_INVALID'],
    ['{ contexts: { lib: "oci-layout://x@sha256:1" } }', 'CONFIG_VALUE_INVALID'],
    ['{ contexts: { lib: "https://user@host/x" } }', 'CONFIG_SECRET_IN_FILE'],
    ['{ contexts: { lib: "https://user:secret@host/x" } }', 'CONFIG_SECRET_IN_FILE'],
    ['{ contexts: { lib: "https://" } }', 'CONFIG_VALUE_INVALID'],
    ['{ contexts: { lib: lib }, engine: docker }', 'CONFIG_VALUE_INVALID'],
    ['{ contexts: { lib: lib }, engine: buildah }', 'CONFIG_VALUE_INVALID'],
    ['[]', 'CONFIG_VALUE_INVALID'],
    ['x', 'CONFIG_VALUE_INVALID'],
  ];
  it('contexts by name, of every kind', () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    const text = image(`
      contexts:
        lib: ./lib
        alpine: docker-image://registry.example.com/alpine@${digest}
        base/image:1: oci-layout://out/base:main@${digest}
        plain: oci-layout://out
        fixed: oci-layout://out@${digest}
        hub: docker-image://alpine@${digest}
        git: https://git.example.com/acme/lib.git#main:src
        ssh: git@git.example.com:acme/lib.git#main`);
    const [read] = config(text).images;
    expect(read?.contexts).toEqual([
      { name: 'lib', is: 'folder', dir: './lib' },
      { name: 'alpine', is: 'image', reference: `registry.example.com/alpine@${digest}` },
      { name: 'base/image:1', is: 'layout', dir: 'out/base', tag: 'main', digest },
      { name: 'plain', is: 'layout', dir: 'out', tag: undefined, digest: undefined },
      { name: 'fixed', is: 'layout', dir: 'out', tag: undefined, digest },
      { name: 'hub', is: 'image', reference: `alpine@${digest}` },
      { name: 'git', is: 'fetched', url: 'https://git.example.com/acme/lib.git#main:src' },
      { name: 'ssh', is: 'fetched', url: 'git@git.example.com:acme/lib.git#main' },
    ]);
  });

  it('a repository of another registry, and what to write for one that only looks so', () => {
    const { data } = fault(image('{ reuseFrom: [com.acme/old] }')) as TagboatError<'CONFIG_VALUE_INVALID'>;
    expect(data).toMatchObject({
      key: 'images.app.reuseFrom[0]',
      why: expect.stringContaining('localhost:5000/com.acme/old'),
    });
    expect(config(image('{ reuseFrom: [localhost:5000/com.acme/old] }')).images[0]?.reuseFrom).toEqual([
      'com.acme/old',
    ]);
  });

  it.each(images)('an image that is %s', (text, code) => {
    expect(fault(image(text)).code).toBe(code);
  });

  const deliveries = [
    'branch: "a..b"', 'branch: refs/heads/main', 'branch: "-x"', 'branch: HEAD', 'author: Bot', 'author: "B\\n <a@b>"', 'author: "<a@b>"',
    'message: " "', 'message: "{digest.app}"', 'message: "{nothing}"', 'trailers: { Tagboat-Source: x }', 'trailers: { "A B": x }',
    'trailers: { argocd-reference-commit-sha: x }', 'create: 1', 'trailers: { A: [x] }',
  ]; // biome-ignore format: a table
  it.each(deliveries)('a delivery with %s', (text) => {
    expect(fault(delivery(`    ${text}\n`)).code).toBe('CONFIG_VALUE_INVALID');
  });

  const argocd = 'argocd: { server: https://argo.example.com }\n';
  it.each([
    ['application: Front_1', argocd, 'CONFIG_VALUE_INVALID'],
    ['application: a/b/c', argocd, 'CONFIG_VALUE_INVALID'],
    ['application: [front, Front_1]', argocd, 'CONFIG_VALUE_INVALID'],
    ['application: { name: a/b }', argocd, 'CONFIG_VALUE_INVALID'],
    ['application: []', argocd, 'CONFIG_VALUE_INVALID'],
    ['application: false', argocd, 'CONFIG_VALUE_INVALID'],
    ['application: front', '', 'CONFIG_KEY_MISSING'],
    ['application: front', 'argocd: { auth: oidc }\n', 'CONFIG_KEY_MISSING'],
    ['sync: true', argocd, 'CONFIG_VALUE_INVALID'],
    ['onUnhealthy: rollback', argocd, 'CONFIG_VALUE_INVALID'],
    ['onUnhealthy: panic', argocd, 'CONFIG_VALUE_INVALID'],
    ['argocd: { server: https://a.test }', argocd, 'CONFIG_VALUE_INVALID'],
    ['application: front\n    argocd: { server: a.test }', argocd, 'CONFIG_VALUE_INVALID'],
    ['application: front\n    argocd: { servr: https://a.test }', argocd, 'CONFIG_KEY_UNKNOWN'],
  ])('a delivery followed by Argo CD with %s', (text, more, code) => {
    expect(fault(`${more}${delivery(`    ${text}\n`)}`).code).toBe(code);
  });

  it.each([
    ['{ server: argo.example.com }', 'CONFIG_VALUE_INVALID'],
    ['{ server: "https://argo.example.com/?a=b" }', 'CONFIG_VALUE_INVALID'],
    ['{ server: https://a.test, auth: kubeconfig }', 'CONFIG_VALUE_INVALID'],
    ['{ server: https://a.test, timeout: 10 }', 'CONFIG_VALUE_INVALID'],
    ['{ server: https://a.test, timeout: 0s }', 'CONFIG_VALUE_INVALID'],
    ['{ server: https://a.test, timeout: 25h }', 'CONFIG_VALUE_INVALID'],
    ['{ server: https://a.test, webhookSecret: "not a name" }', 'CONFIG_VALUE_INVALID'],
    ['{ server: https://a.test, token: x }', 'CONFIG_KEY_UNKNOWN'],
    ['{ server: http://argo.example.com }', 'CONFIG_VALUE_INVALID'],
    ['{ server: https://a.test, podFailure: soon }', 'CONFIG_VALUE_INVALID'],
    ['{ server: https://a.test, strict: perhaps }', 'CONFIG_VALUE_INVALID'],
  ])('an argocd that is %s', (text, code) => {
    expect(fault(`argocd: ${text}\n${delivery('')}`).code).toBe(code);
  });

  it('no argocd on loopback by plain http, and none of a delivery’s own', () => {
    const text = `argocd: { server: http://127.0.0.1:8080, podFailure: 30s, strict: true }\n${delivery(
      '    application: front\n    argocd: { server: https://b.test }\n',
    )}`;
    const { argocd, deliveries } = config(text);
    expect(argocd).toMatchObject({ server: 'http://127.0.0.1:8080', podFailureMs: 30_000, strict: true });
    expect(deliveries[0]?.deploy?.argocd).toMatchObject({ server: 'https://b.test', strict: false });
  });

  it('a delivery that sets nothing', () => {
    for (const set of ['{}', '{ v.yaml: {} }', '{ v.yaml: }', '[v.yaml]']) {
      expect(fault(delivery('').replace('{ v.yaml: { .a: x } }', set)).code).toBe('CONFIG_VALUE_INVALID');
    }
    expect(fault('deliveries: { a: }').code).toBe('CONFIG_VALUE_INVALID');
  });

  it('a file that says nothing, that is no map, that has two documents, or images and no registry', () => {
    for (const text of ['', '# nothing\n', 'aws: { region: eu-west-1 }'])
      expect(fault(text).code).toBe('CONFIG_KEY_MISSING');
    for (const text of ['- a', 'text', '5']) expect(fault(text).code).toBe('CONFIG_VALUE_INVALID');
    expect(fault(`${seed}---\na: 1\n`).code).toBe('CONFIG_YAML_INVALID');
    expect(fault('images: { a: {} }').code).toBe('CONFIG_KEY_MISSING');
    expect(fault('__proto__: { a: 1 }').code).toBe('CONFIG_YAML_INVALID');
    expect(fault('constructor: { a: 1 }').code).toBe('CONFIG_KEY_UNKNOWN');
  });
});

describe('a hostile file', () => {
  it('is bounded in size, depth and number of values', () => {
    expect(fault('#'.repeat(70_000)).code).toBe('CONFIG_TOO_LARGE');
    for (const one of ['[', '{a: ', '- ', '? ']) expect(fault(one.repeat(10_000)).code).toBe('CONFIG_TOO_LARGE');
    const lines = ['a: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let n = 1; n < 12; n += 1)
      lines.push(
        `b${n}: &a${n} [${Array(10)
          .fill(`*a${n - 1}`)
          .join(', ')}]`,
      );
    expect(fault(lines.join('\n')).code).toBe('CONFIG_TOO_LARGE');
    expect(fault('a: &a [*a]').code).toBe('CONFIG_TOO_LARGE');
  });

  it('ends in a config or in an error of ours', () => {
    const nasty = fc.constantFrom(
      '[',
      '{',
      '}',
      ':',
      '- ',
      '#',
      '"',
      '&a ',
      '*a',
      '!x ',
      '|',
      '\t',
      '\n',
      '  ',
      '${',
      '}',
      '{tag}',
      '~',
      '---\n',
      '<<: ',
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(), fc.nat({ max: 8 }), fc.oneof(nasty, fc.string({ maxLength: 5 }))), {
          minLength: 1,
          maxLength: 5,
        }),
        (cuts) => {
          let text = seed;
          for (const [where, length, by] of cuts) {
            const at = where % (text.length + 1);
            text = text.slice(0, at) + by + text.slice(at + length);
          }
          try {
            config(text);
          } catch (error) {
            if (!isError(error)) throw error;
            expect(error.exitCode).toBe(2);
          }
        },
      ),
      { numRuns: runs(2_000) },
    );
  });
});

describe('the JSON Schema', () => {
  it('is what tagboat.schema.json holds (`tagboat schema > tagboat.schema.json`)', () => {
    const held = readFileSync(resolve(import.meta.dirname, '../../tagboat.schema.json'), 'utf8');
    expect(held).toBe(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
  });

  it('describes every key', () => {
    const undescribed: string[] = [];
    const visit = (node: unknown, path: string): void => {
      if (typeof node !== 'object' || node === null) return;
      const { properties } = node as { properties?: Record<string, { description?: string }> };
      for (const [key, value] of Object.entries(properties ?? {})) {
        if (value.description === undefined) undescribed.push(`${path}.${key}`);
      }
      for (const [key, value] of Object.entries(node)) visit(value, `${path}.${key}`);
    };
    visit(configJsonSchema(), '');
    expect(undescribed).toEqual([]);
  });
});
