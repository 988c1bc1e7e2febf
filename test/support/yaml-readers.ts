import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { hasProgram } from './docker-registry.ts';

const program = join(import.meta.dirname, '../../node_modules/.cache/tagboat-yaml-readers/readers');

/** Why Go's readers of YAML can't be asked, or undefined: they are built the first time, with what Go fetches for it. */
export function noGoReaders(): string | undefined {
  if (existsSync(program)) return undefined;
  if (!hasProgram('go')) return 'Go is missing, with which its readers of YAML are built; https://go.dev';
  const half = `${program}.${process.pid}`;
  mkdirSync(join(program, '..'), { recursive: true });
  const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '' };
  const cwd = join(import.meta.dirname, 'yaml-readers');
  const built = spawnSync('go', ['build', '-o', half, '.'], { cwd, env, encoding: 'utf8' });
  if (built.status !== 0) {
    rmSync(half, { force: true });
    return `go build ended with ${built.status}: ${built.stderr.split('\n')[0]}`;
  }
  renameSync(half, program);
  return undefined;
}

/** What one of Go's readers makes of a text: one document in a list, null where it can't be read. */
export type GoReading = readonly [unknown] | null;

/** Each text as yaml.v2, yaml.v3 and sigs.k8s.io/yaml read it, all by one process. */
export function readByGo(texts: readonly string[]): readonly (readonly [GoReading, GoReading, GoReading])[] {
  const input = JSON.stringify(texts);
  const done = spawnSync(program, [], { input, encoding: 'utf8', maxBuffer: 512 * 1024 * 1024 });
  if (done.status !== 0) throw new Error(`the readers ended with ${done.status}: ${done.stderr}`);
  return JSON.parse(done.stdout) as ReturnType<typeof readByGo>;
}

/** Reads texts with PyYAML, a YAML 1.1 reader: each as its documents in JSON, or null where it can't be read. */
const reader = `
import json, sys, yaml
def read(text):
    try:
        return json.loads(json.dumps(list(yaml.safe_load_all(text)), default=lambda v: {'type': type(v).__name__}))
    except (yaml.YAMLError, TypeError, ValueError):
        return None
json.dump([read(text) for text in json.load(sys.stdin)], sys.stdout)
`;

/** Why PyYAML can't be asked, or undefined. */
export function noPython(): string | undefined {
  const has = spawnSync('python3', ['-c', 'import yaml'], { stdio: 'ignore' }).status === 0;
  return has ? undefined : 'python3-yaml is missing; apt-get install python3-yaml';
}

/** Each text as PyYAML reads it, all by one process. */
export function readByPython(texts: readonly string[]): readonly unknown[] {
  const done = spawnSync('python3', ['-c', reader], {
    input: JSON.stringify(texts),
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    env: { PATH: process.env.PATH, PYTHONIOENCODING: 'utf-8', PYTHONUTF8: '1' },
  });
  if (done.status !== 0 || done.stderr !== '') throw new Error(`python3 ended with ${done.status}: ${done.stderr}`);
  return JSON.parse(done.stdout) as unknown[];
}
