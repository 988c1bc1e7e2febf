import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TagboatError } from '../../errors.ts';
import type { World } from '../../wire/world.ts';

type Files = Readonly<Record<string, string>>;

/** The app's files: three Dockerfiles that need no Docker, as long as they have no RUN. */
export function appFiles(registry: string): Files {
  return {
    'build/app/Dockerfile.prod': `ARG BASE=${registry}/base:1
FROM \${BASE}
WORKDIR /app
COPY src/app/ ./
ENV PORT=8080
EXPOSE 8080
USER 10001
CMD ["/app/serve"]
`,
    'build/web/Dockerfile': `ARG BASE=${registry}/base:1
FROM \${BASE}
COPY src/web/ /srv/www/
EXPOSE 80
CMD ["/bin/httpd", "/srv/www"]
`,
    'build/migration/Dockerfile': `ARG BASE=${registry}/base:1
FROM \${BASE}
COPY migrations/ /migrations/
CMD ["/bin/migrate", "/migrations"]
`,
    'src/app/serve': '#!/bin/sh\necho "Hello, visitor"\n',
    'src/app/greetings.txt': 'Hello\n',
    'src/web/index.html': '<!doctype html>\n<title>Shop</title>\n<h1>Hello</h1>\n',
    'migrations/001-customers.sql': 'create table customers (id integer primary key, name text not null);\n',
    '.dockerignore': '.git\n',
  };
}

/** The base image's root file system: enough to look at, nothing to download. */
export const baseFiles: Files = {
  Dockerfile: 'FROM scratch\nCOPY rootfs/ /\nENV PATH=/bin\n',
  'rootfs/etc/os-release': 'NAME="Tagboat demo base"\nID=demo\n',
  'rootfs/etc/passwd': 'root:x:0:0:root:/root:/bin/sh\napp:x:10001:10001:app:/app:/bin/sh\n',
  'rootfs/bin/httpd': '#!/bin/sh\necho "serving $1"\n',
  'rootfs/bin/migrate': '#!/bin/sh\necho "migrating $1"\n',
};

/** The config repo: a Helm chart whose values people wrote with care. */
export function chartFiles(registry: string): Files {
  return {
    'main/Chart.yaml': 'apiVersion: v2\nname: shop\nversion: 0.1.0\n',
    'main/values.yaml': `# The shop in the main environment. Argo CD installs what stands here.
front:
  image:  ${registry}/app-repo   # two spaces, on purpose
  imageTag: "none-yet"           # written by Tagboat; the rest by people
  replicas: 2

  resources: { limits: { cpu: 500m, memory: 256Mi } }

ingress:
  host: shop.example.com         # TODO(ops): the real one
`,
    'main/templates/front.yaml': `apiVersion: apps/v1
kind: Deployment
metadata: { name: front }
spec:
  replicas: {{ .Values.front.replicas }}
  template:
    spec:
      containers:
        - name: front
          image: "{{ .Values.front.image }}:{{ .Values.front.imageTag }}"
`,
    'README.md': '# What runs where\n\nArgo CD follows `main/`.\n',
  };
}

/** Writes files below a folder; scripts are executable. */
export async function writeFiles(dir: string, files: Files): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    const file = join(dir, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content, { mode: content.startsWith('#!') ? 0o755 : 0o644 });
  }
}

const identity = {
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.com',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.com',
};

/** Makes the folder a repository on `main`. */
export async function initAppRepo(world: World, dir: string): Promise<void> {
  await git(world, dir, 'init', '--quiet', '--initial-branch=main');
}

/** Commits everything in the folder. */
export async function commitAll(world: World, dir: string, message: string): Promise<void> {
  await git(world, dir, 'add', '--all');
  await git(world, dir, 'commit', '--quiet', '--no-verify', '--message', message);
}

async function git(world: World, dir: string, ...args: string[]): Promise<void> {
  const done = await world.exec({ program: 'git', args: ['-C', dir, ...args], env: identity, signal: world.signal });
  if (done.missing) throw new TagboatError('GIT_MISSING', {});
  if (done.code !== 0) throw new Error(`git ${args[0]} ended with ${done.code}: ${done.stderr.trim()}`);
}
