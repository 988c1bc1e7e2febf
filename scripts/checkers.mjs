// Programs that judge what Tagboat writes for others: built or installed into .cache once, by versions that are pinned.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cache, exclusively, isInstalled, root } from './setup.mjs';

const kept = join(cache, 'checkers');
const cfnLintVersion = '1.51.0';
const mains = {
  actionlint: 'github.com/rhysd/actionlint/cmd/actionlint',
  kustomize: 'sigs.k8s.io/kustomize/kustomize/v5',
  yq: 'github.com/mikefarah/yq/v4',
};

/** A Go program of scripts/checkers/, built where it is missing: `{ command }`, or `{ missing }` with what to install. */
export async function goChecker(name) {
  const pinned = join(root, 'scripts', 'checkers', name);
  const pins = createHash('sha256')
    .update(readFileSync(join(pinned, 'go.sum')))
    .digest('hex');
  const file = join(kept, `${name}-${pins.slice(0, 12)}`);
  if (existsSync(file)) return { command: [file] };
  if (!isInstalled('go')) return { missing: 'Go, with which it is built (https://go.dev)' };
  return exclusively(`checker-${name}`, () => {
    if (existsSync(file)) return { command: [file] };
    mkdirSync(kept, { recursive: true });
    const half = `${file}.half`;
    const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly -buildvcs=false', GOTOOLCHAIN: 'local' };
    const options = { cwd: pinned, env, encoding: 'utf8' };
    const built = spawnSync('go', ['build', '-trimpath', '-ldflags=-s -w', '-o', half, mains[name]], options);
    if (built.status !== 0) return { missing: `a Go that builds it: ${lastLine(built.stderr)}` };
    renameSync(half, file);
    return { command: [file] };
  });
}

/** cfn-lint of this machine, or of PyPI. */
export async function cfnLint() {
  // A name on the PATH may be a shim with nothing behind it; and what was installed, of a Python that is gone.
  const runs = ({ command: [program, ...first], env = {} }) =>
    spawnSync(program, [...first, '--version'], { env: { ...process.env, ...env } }).status === 0;
  if (isInstalled('cfn-lint') && runs({ command: ['cfn-lint'] })) return { command: ['cfn-lint'] };
  if (!isInstalled('python3')) return { missing: 'Python 3, for cfn-lint' };
  const folder = join(kept, `cfn-lint-${cfnLintVersion}`);
  const env = { PYTHONPATH: folder };
  const command = ['python3', '-c', 'import sys; from cfnlint.runner import main; sys.exit(main())'];
  return exclusively('checker-cfn-lint', () => {
    if (existsSync(folder) && runs({ command, env })) return { command, env };
    rmSync(folder, { recursive: true, force: true });
    const half = `${folder}.half`;
    rmSync(half, { recursive: true, force: true });
    const args = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--target', half];
    const done = spawnSync('python3', [...args, `cfn-lint==${cfnLintVersion}`], { encoding: 'utf8' });
    if (done.status !== 0) return { missing: `cfn-lint (pip install cfn-lint): ${lastLine(done.stderr)}` };
    renameSync(half, folder);
    return runs({ command, env }) ? { command, env } : { missing: 'a Python that runs cfn-lint' };
  });
}

/** The folder of a Go module that the cluster's programs are built from, where this machine has it. */
export function clusterModule(module) {
  if (!isInstalled('go')) return undefined;
  try {
    const version = new RegExp(`${module} (v\\S+)`).exec(readFileSync(join(root, 'cluster', 'go.mod'), 'utf8'))?.[1];
    const modules = execFileSync('go', ['env', 'GOMODCACHE'], { encoding: 'utf8' }).trim();
    const folder = join(modules, `${module}@${version}`);
    return existsSync(folder) ? folder : undefined;
  } catch {
    return undefined;
  }
}

function lastLine(text) {
  return text.trim().split('\n').at(-1);
}
