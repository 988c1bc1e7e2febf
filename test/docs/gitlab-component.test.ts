import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments, stringify } from 'yaml';
import { checkGitLab } from '../../src/entry/doctor/gitlab.ts';
import { cli, town } from '../support/cli.ts';
import { noHttpBackend, tempDir } from '../support/git-host.ts';

const root = resolve(import.meta.dirname, '../..');
const text = readFileSync(join(root, 'templates/ship.yml'), 'utf8');

interface Input {
  readonly default?: unknown;
  readonly type?: string;
  readonly regex?: string;
  readonly description?: string;
}

/** The configuration with its inputs filled in, as GitLab's documentation has it ("CI/CD inputs"): a block that is a whole value keeps its type. */
function interpolated(given: Readonly<Record<string, unknown>> = {}): {
  inputs: Record<string, Input>;
  jobs: Record<string, Record<string, unknown>>;
} {
  const [header, body] = parseAllDocuments(text).map((document) => document.toJS() as Record<string, unknown>);
  const { inputs } = header?.spec as { inputs: Record<string, Input> };
  const valueOf = (name: string): unknown => {
    const input = inputs[name];
    if (input === undefined) throw new Error(`no input ${name}`);
    const value = given[name] ?? input.default;
    if (value === undefined) throw new Error(`${name} is mandatory`);
    if (input.regex !== undefined && !new RegExp(input.regex).test(String(value))) throw new Error(`${name} is wrong`);
    return value;
  };
  const block = /\$\[\[\s*inputs\.([\w-]+)\s*\]\]/g;
  const fill = (value: unknown): unknown => {
    if (typeof value === 'string') {
      const whole = new RegExp(`^${block.source}$`).exec(value)?.[1];
      return whole === undefined ? value.replace(block, (_, name) => String(valueOf(name))) : valueOf(whole);
    }
    if (Array.isArray(value)) return value.map(fill);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [String(fill(key)), fill(one)]));
  };
  return { inputs, jobs: fill(body) as Record<string, Record<string, unknown>> };
}

describe('the component for GitLab', () => {
  it('declares what it uses and uses what it declares, and each input says what it is', () => {
    const { inputs } = interpolated();
    const used = new Set([...text.matchAll(/inputs\.([\w-]+)/g)].map(([, name]) => name));
    expect([...used].sort()).toEqual(Object.keys(inputs).sort());
    for (const input of Object.values(inputs)) expect(input).toMatchObject({ description: expect.any(String) });
  });

  it('is one job of keywords that GitLab has, in the image of the version that is released', () => {
    const { jobs } = interpolated();
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(jobs).toEqual({
      ship: {
        stage: 'deploy',
        image: `ghcr.io/tagboat/tagboat:${version}`,
        rules: [{ if: '$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH' }],
        id_tokens: { TAGBOAT_ID_TOKEN: { aud: 'sts.amazonaws.com' }, SIGSTORE_ID_TOKEN: { aud: 'sigstore' } },
        script: [expect.any(String)],
      },
    });
  });

  it('gives a job in which doctor finds nothing, whatever its inputs are', async () => {
    const dir = await tempDir();
    const given = { job: 'deliver', version: '1.2.3', rules: [{ if: '$CI_COMMIT_TAG' }], options: '--delivery main' };
    const { jobs } = interpolated(given);
    expect(jobs.deliver).toMatchObject({ rules: given.rules });
    await writeFile(join(dir, '.gitlab-ci.yml'), stringify(jobs));
    expect(await checkGitLab(dir, undefined)).toEqual([]);
    expect(() => interpolated({ version: 'latest' })).toThrow();
  });

  it.skipIf(noHttpBackend)('runs a command that ships by the token that the job has', async () => {
    const place = await town();
    const { jobs } = interpolated({ options: '--no-queue --json' });
    const { script, id_tokens } = jobs.ship as { script: string[]; id_tokens: Record<string, { aud: string }> };
    const [program, ...args] = (script[0] ?? '').replaceAll('"', '').split(/\s+/);
    expect(program).toBe('tagboat');
    const tokens = Object.entries(id_tokens).map(([name, { aud }]) => [name, place.github.idToken(aud)]);
    const ofGitHub = Object.keys(place.env).filter((name) => /^(?:GITHUB|ACTIONS|RUNNER)_/.test(name));
    const commit = await place.commit('Ship');
    const env = {
      ...Object.fromEntries(Object.entries(place.env).filter(([name]) => !ofGitHub.includes(name))),
      ...{ CI: 'true', GITLAB_CI: 'true', CI_COMMIT_SHA: commit, CI_COMMIT_BRANCH: 'main', CI_DEFAULT_BRANCH: 'main' },
      ...Object.fromEntries(tokens),
    };
    const { code, stderr } = await cli(args, { cwd: place.app, env });
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(await place.host.git('config', 'show', 'main:main/values.yaml')).toContain(commit);
  });
});
