import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { freePorts } from './cluster/processes.ts';
import { hasProgram } from './docker-registry.ts';

const source = join(import.meta.dirname, 'otlp-collector');
const [, version = ''] = /otelcol (v\S+)/.exec(readFileSync(join(source, 'go.mod'), 'utf8')) ?? [];
const cache = join(import.meta.dirname, '../../.cache/otlp-collector');
const program = join(cache, version, 'collector');

/** Why OpenTelemetry's Collector can't be built here, or undefined. */
export const noCollector: string | undefined = (() => {
  if (existsSync(program)) return undefined;
  if (!hasProgram('go')) return 'Go is missing, with which the OpenTelemetry Collector is built; https://go.dev';
  const told = spawnSync('go', ['env', 'GOVERSION'], { encoding: 'utf8' }).stdout;
  const [, major, minor] = /go(\d+)\.(\d+)/.exec(told) ?? [];
  return Number(major) * 1_000 + Number(minor) >= 1_026 ? undefined : 'Go is older than 1.26';
})();

/** Builds it unless it is there. Takes minutes, once. Throws when the modules can't be fetched. */
function build(): void {
  if (existsSync(program)) return;
  mkdirSync(cache, { recursive: true });
  const half = mkdtempSync(join(cache, 'half-'));
  try {
    const args = ['go', 'build', '-trimpath', '-ldflags=-s -w', '-o', join(half, 'collector'), '.'];
    const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly -buildvcs=false' };
    const built = spawnSync('nice', args, { cwd: source, env, encoding: 'utf8', timeout: 25 * 60_000 });
    if (built.status !== 0) throw new Error(`The Collector can't be built:\n${built.stderr.slice(-2_000)}`);
    try {
      renameSync(half, join(cache, version));
    } catch (error) {
      if (!existsSync(program)) throw error;
    }
  } finally {
    rmSync(half, { recursive: true, force: true });
  }
}

/**
 * The Collector on loopback: what it takes in by OTLP over HTTP it hands on to `to`, as OTLP in JSON. Resolves with its
 * address once it listens.
 */
export async function startCollector(to: string): Promise<string> {
  build();
  const [port] = await freePorts(1);
  const endpoint = `127.0.0.1:${port}`;
  const pipeline = { receivers: ['otlp'], exporters: ['otlphttp'] };
  const config = {
    receivers: { otlp: { protocols: { http: { endpoint } } } },
    exporters: { otlphttp: { endpoint: to, encoding: 'json', compression: 'none' } },
    service: { telemetry: { metrics: { level: 'none' } }, pipelines: { traces: pipeline, metrics: pipeline } },
  };
  const child = spawn(program, [`--config=yaml:${JSON.stringify(config)}`], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4_000);
  });
  const over = new Promise((resolve) => child.once('close', resolve));
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await over;
  });
  for (;;) {
    if (child.exitCode !== null) throw new Error(`The Collector ended with ${child.exitCode}\n${said}`);
    // It answers only what is well-formed: an empty request is.
    const answer = await fetch(`http://${endpoint}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    }).catch(() => undefined);
    if (answer?.ok) return `http://${endpoint}`;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
