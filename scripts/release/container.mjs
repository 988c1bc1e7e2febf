// The container image: what its Dockerfile copies is laid out in a folder, from which Tagboat assembles it.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cache, isInstalled, root } from '../setup.mjs';
import { expect } from './package.mjs';
import { makeRootfs } from './rootfs.mjs';

/** Debian's and the Dockerfile's word for an architecture, and node's. */
const architectures = { amd64: 'x64', arm64: 'arm64' };
const nodeMajor = 24;
const identity = ['-c', 'user.name=release', '-c', 'user.email=release@localhost'];

/** Lays out the image's context in `dir`, with a config by which `tagboat build --app DIR` publishes it. */
export function makeContext(dir, packed, version) {
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  copyFileSync(join(root, 'Dockerfile'), join(dir, 'Dockerfile'));
  execFileSync('tar', ['-xzf', packed, '-C', dir, '--no-same-owner']);
  for (const [arch, node] of Object.entries(architectures)) {
    makeRootfs(join(dir, `rootfs-${arch}`), arch, join(cache, 'release-work'));
    const into = join(dir, `node-${arch}`);
    mkdirSync(into);
    // Node's binaries as the npm registry has them.
    const args = ['pack', '--silent', '--pack-destination', into, `node-linux-${node}@${nodeMajor}`];
    const name = execFileSync('npm', args, { cwd: into, encoding: 'utf8' }).trim().split('\n').at(-1);
    execFileSync('tar', [
      '-xzf',
      join(into, name),
      '-C',
      into,
      '--no-same-owner',
      '--strip-components=2',
      'package/bin/node',
    ]);
    rmSync(join(into, name));
  }
  writeFileSync(join(dir, 'tagboat.yaml'), configFor('ghcr.io/tagboat', version));
  // A run is of a commit; the files themselves are none of git's business.
  writeFileSync(join(dir, '.gitignore'), '*\n!.gitignore\n');
  const git = (...args) => execFileSync('git', [...identity, ...args], { cwd: dir });
  git('init', '--quiet', '--initial-branch=main');
  git('add', '.gitignore');
  git('commit', '--quiet', '--message', `Tagboat ${version}`);
}

function configFor(registry, version, login = 'auto') {
  return `registry: { host: "${registry}", login: ${login} }
images:
  tagboat: { tag: "${version}", platforms: [linux/amd64, linux/arm64] }
`;
}

/** Assembles the image into a registry on loopback and runs it from there. Answers by what it was run, or why it wasn't. */
export async function tryContainer(dir, version) {
  const work = mkdtempSync(join(tmpdir(), 'tagboat-container-'));
  const { startGitHost, startRegistry } = await sandbox(work);
  const registry = await startRegistry({ dir: mkdtempSync(join(work, 'registry-')) });
  try {
    const config = join(dir, 'check.yaml');
    writeFileSync(config, configFor(registry.host, version, 'anonymous'));
    const cli = [join(root, 'dist', 'cli.js'), 'build', '--app', dir, '--config', config, '--quiet'];
    await said(process.execPath, cli);
    const image = `${registry.host}/tagboat:${version}`;
    const script = 'id -u; touch made; tagboat schema | grep -c yaml; grep -c BEGIN /etc/ssl/certs/ca-certificates.crt';
    const trials = [
      [['tagboat', '--version'], new RegExp(`^${version.replaceAll('.', '\\.')}$`)],
      [['git', '--version'], /^git version /],
      // As GitLab's runner does: a script in a shell, by a user who isn't root.
      [['sh', '-c', script], /^1000\n[1-9]\d*\n[1-9]\d+$/],
    ];
    const tryAll = async (...by) => {
      for (const [command, should] of trials) {
        const answer = await said(...by, ...command);
        if (!should.test(answer)) expect(answer, String(should));
      }
    };
    const delivery = await startDelivery(work, startGitHost, registry.host);
    try {
      if (spawnSync('docker', ['info']).status === 0) {
        await tryAll('docker', ['run', '--rm', image]);
        await delivery.by((folder) => [
          'docker',
          'run',
          '--rm',
          '--network',
          'host',
          '-v',
          `${folder}:/builds/app`,
          image,
        ]);
        return 'assembled by Tagboat; in Docker it runs, assembles and delivers without a daemon';
      }
      if (!isInstalled('buildah') || process.getuid?.() !== 0)
        return 'assembled by Tagboat; not run, since neither Docker is here nor buildah with root';
      const stores = ['--storage-driver', 'vfs', '--root', join(work, 'store'), '--runroot', join(work, 'run')];
      await said('buildah', [...stores, 'from', '--quiet', '--tls-verify=false', '--name', 'tried', image]);
      const run = ['run', '--isolation', 'chroot'];
      await tryAll('buildah', [...stores, ...run, 'tried', '--']);
      await delivery.by((folder) => ['buildah', ...stores, ...run, '-v', `${folder}:/builds/app`, 'tried', '--']);
      return 'assembled by Tagboat; in a chroot of buildah it runs, assembles and delivers without a daemon';
    } finally {
      await delivery.close();
    }
  } finally {
    await registry.close();
    rmSync(work, { recursive: true, force: true });
  }
}

/** An app repo and its config repo on loopback, for a container to assemble an image and land a commit. */
async function startDelivery(work, startGitHost, registry) {
  const host = await startGitHost({ env: { PATH: process.env.PATH } });
  const repo = await host.createRepo('config', { files: { 'values.yaml': 'tag: none\n' } });
  const app = join(work, 'app');
  mkdirSync(app);
  writeFileSync(join(app, 'Dockerfile'), 'FROM scratch\nCOPY hello /hello\n');
  writeFileSync(join(app, 'hello'), 'hello\n');
  const delivery = `main: { from: main, repo: "${repo}", set: { values.yaml: { .tag: "{tag}" } } }`;
  const images = 'images: { app: { platforms: [linux/amd64, linux/arm64] } }';
  writeFileSync(join(app, 'tagboat.yaml'), `registry: "${registry}"\n${images}\ndeliveries:\n  ${delivery}\n`);
  const git = (...args) => execFileSync('git', ['-C', app, ...identity, ...args], { encoding: 'utf8' }).trim();
  git('init', '--quiet', '--initial-branch=main');
  git('add', '.');
  git('commit', '--quiet', '--message', 'Say hello');
  const by = async (command) => {
    const [program, ...args] = command(app);
    await said(program, [...args, 'tagboat', 'ship', '--app', '/builds/app', '--json']);
    expect(await host.git('config', 'show', 'main:values.yaml'), `tag: ${git('rev-parse', 'HEAD')}\n`);
    const { status } = await fetch(`http://${registry}/v2/app/manifests/${git('rev-parse', 'HEAD')}`);
    expect(status, 200);
  };
  return { by, close: () => host.close() };
}

/** The sandbox's own registry and git host, whose sources are TypeScript. */
async function sandbox(work) {
  const { build } = await import('esbuild');
  const outfile = join(work, 'sandbox.mjs');
  const contents = ['registry/registry', 'git-host/git-host'].map(
    (name) => `export * from './src/sandbox/${name}.ts';`,
  );
  const stdin = { contents: contents.join('\n'), resolveDir: root, loader: 'ts' };
  const banner = "import{createRequire as __require_}from'node:module';const require=__require_(import.meta.url);";
  const format = { bundle: true, platform: 'node', format: 'esm', banner: { js: banner }, logLevel: 'error' };
  await build({ stdin, outfile, ...format });
  return import(pathToFileURL(outfile).href);
}

/** Runs a program without stopping this process, whose registry it may ask; answers what it said. */
function said(program, args, ...more) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args, ...more], { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (part) => {
      text += part;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(text.trim());
      else reject(new Error(`${program} ${[...args, ...more].join(' ')} ended with ${code}`));
    });
  });
}
