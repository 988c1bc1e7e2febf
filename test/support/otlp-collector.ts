import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { freePorts } from './cluster/processes.ts';
import { cache, installOnce, withoutGo } from './installed.ts';

const source = join(import.meta.dirname, 'otlp-collector');
const [, version = ''] = /otelcol (v\S+)/.exec(readFileSync(join(source, 'go.mod'), 'utf8')) ?? [];
const folder = join(cache, 'otlp-collector', version);
const program = join(folder, 'collector');

/** Why OpenTelemetry's Collector can't be built here, or undefined. */
export const noCollector: string | undefined = existsSync(program)
  ? undefined
  : withoutGo('the OpenTelemetry Collector is', [1, 26]);

/** Builds it unless it is there. Takes minutes, once. Throws when the modules can't be fetched. */
function build(): void {
  installOnce(folder, (half) => {
    const args = ['go', 'build', '-trimpath', '-ldflags=-s -w', '-o', join(half, 'collector'), '.'];
    const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly -buildvcs=false' };
    const built = spawnSync('nice', args, { cwd: source, env, encoding: 'utf8', timeout: 25 * 60_000 });
    if (built.status !== 0) throw new Error(`The Collector can't be built:\n${built.stderr.slice(-2_000)}`);
  });
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
