import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command, Option } from 'commander';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../../src/entry/cli/program.ts';
import { unusedOption } from '../../../src/entry/run/options.ts';
import type { Body } from '../../../src/entry/run/session.ts';
import { git, tempDir } from '../../support/git-host.ts';
import { here } from '../../support/here.ts';

const config = `registry: registry.example.test
images: { app: { dockerfile: Dockerfile } }
argocd: { server: 'https://argocd.example.test' }
deliveries:
  main: { from: main, repo: 'https://git.example.test/config', branch: main, set: { v.yaml: { .a: '{tag}' } }, application: shop }
`;

const samples: Readonly<Record<string, string>> = {
  ...{ jobs: '2', path: 'v.yaml:.a', until: '2d', set: 'v.yaml:.a=1', author: 'A <a@b.c>', via: 'github' },
  ...{
    commit: 'a'.repeat(40),
    timeout: '20m',
    server: 'https://other.example.test',
    repo: 'acme/config',
    allow: 'aliases',
    ...{ since: '2d', limit: '3', format: 'csv' },
  },
};

/** What each command needs besides, to get as far as looking at its options. */
const needs: Readonly<Record<string, { config: string[]; repo?: string[] }>> = {
  ...Object.fromEntries(
    ['ship', 'build', 'plan', 'schema', 'demo', 'where', 'status'].map((name) => [name, { config: [] }]),
  ),
  ...Object.fromEntries(['holds', 'queue', 'history'].map((name) => [name, { config: [], repo: [] }])),
  commit: { config: [], repo: ['--set', 'v.yaml:.b=1'] },
  hold: { config: ['--why', 'x'], repo: ['--why', 'x', '--path', 'v.yaml:.b'] },
  unhold: { config: [], repo: ['--path', 'v.yaml:.b'] },
  rollback: { config: [], repo: ['--path', 'v.yaml:.b'] },
  promote: { config: ['main', 'main'] },
  wait: { config: [], repo: ['--server', 'https://argocd.example.test'] },
  edit: { config: ['v.yaml', '.a=2'] },
};

/** Runs a command as far as it comes without a network; answers the options that it looked at, or why it was refused. */
async function look(cwd: string, args: readonly string[]): Promise<{ read: Set<string>; code: string | undefined }> {
  const read = new Set<string>();
  let body: Body | undefined;
  const program = createProgram(async (_, __, load) => {
    body = await load();
  });
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
    const own = command.opts.bind(command);
    const options = new Proxy({} as Record<string, unknown>, {
      get: (_, name) => {
        read.add(String(name));
        return own()[String(name)];
      },
      ownKeys: () => Object.keys(own()),
      getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
    });
    command.opts = (<T>() => options as T) as Command['opts'];
  }
  try {
    await program.parseAsync([...args], { from: 'user' });
  } catch (error) {
    return { read, code: (error as { code: string }).code };
  }
  if (body === undefined || args.includes('demo')) return { read, code: undefined };
  const offline = async () => Promise.reject(new Error('no network'));
  const { errors } = await here(body, { cwd, world: () => ({ http: offline }) });
  return { read, code: errors[0]?.code === 'USAGE' ? 'USAGE' : undefined };
}

const shown = ['json', 'quiet', 'color', 'verbose', 'debug', 'otlp', 'version'];
const program = createProgram(async () => undefined);
const rows = program.commands.flatMap((command) =>
  (['config', 'repo'] as const).flatMap((mode) => {
    if (needs[command.name()]?.[mode] === undefined) return [];
    return [...program.options, ...command.options]
      .filter((option) => !shown.includes(option.attributeName()))
      .map((option) => [command.name(), mode, option] as const);
  }),
);

async function app(): Promise<string> {
  const dir = await tempDir();
  await git(dir, 'init', '--quiet', '--initial-branch=main');
  await writeFile(join(dir, 'tagboat.yaml'), config);
  await writeFile(join(dir, 'Dockerfile'), 'FROM scratch\nCOPY v.yaml /\n');
  await writeFile(join(dir, 'v.yaml'), 'a: 1\n');
  await git(dir, 'add', '.');
  await git(dir, '-c', 'user.name=A', '-c', 'user.email=a@b.c', 'commit', '--quiet', '-m', 'x');
  return dir;
}

function spelled(option: Option, dir: string): string[] {
  const own: Readonly<Record<string, string>> = {
    app: dir,
    config: join(dir, 'tagboat.yaml'),
    ca: join(dir, 'v.yaml'),
  };
  if (!option.required) return [option.long ?? ''];
  return [option.long ?? '', own[option.attributeName()] ?? samples[option.attributeName()] ?? 'word'];
}

describe('an option that is given', () => {
  it('is looked at by its command or refused, on every command and in every way of calling it', async () => {
    const dir = await app();
    const ignored: string[] = [];
    let refused = 0;
    for (const [name, mode, option] of rows) {
      const base = mode === 'repo' ? ['--repo', 'acme/config'] : [];
      const own = needs[name]?.[mode] ?? [];
      // Once alone is enough where the command needs it anyway.
      const given = [...base, ...own].includes(option.long ?? '') ? [] : spelled(option, dir);
      const { read, code } = await look(dir, [name, ...own, ...base, ...given]);
      if (code === 'USAGE') refused += 1;
      // The demo's own are seen in cli.test.ts: it takes a whole world to look at them.
      else if (name !== 'demo' && (code !== undefined || !read.has(option.attributeName())))
        ignored.push(`${name} ${mode} ${option.long} ${code ?? ''}`);
    }
    expect(ignored).toEqual([]);
    expect(rows.length).toBeGreaterThan(150);
    expect(refused).toBeGreaterThan(50);
  }, 120_000);

  it('of those that a command tells of itself is taken in one way of calling it at least', () => {
    const refused = program.commands.flatMap((command) =>
      command.options
        .map((option) => option.attributeName())
        .filter((name) => !shown.includes(name))
        .filter((name) => [[name], ['repo', name]].every((all) => unusedOption(command.name(), all) !== undefined))
        .map((name) => `${command.name()} ${name}`),
    );
    expect(refused).toEqual([]);
  });

  it.each([
    ['a branch without a repository', ['commit', '--branch', 'other']],
    ['a message without one', ['commit', '--message', 'M']],
    ['an author without one', ['commit', '--author', 'A <a@b.c>']],
    ['a way of committing without one', ['commit', '--via', 'git']],
    ['what may be created without one', ['commit', '--create']],
    ['another server than the config’s', ['wait', '--server', 'https://other.example.test']],
    ['another branch than the config’s', ['wait', '--branch', 'other']],
    ['a config file beside a repository', ['commit', '--repo', 'acme/c', '--set', 'f:.a=1', '--config', 'x.yaml']],
    ['images at once where none is built', ['commit', '--jobs', '2']],
    ['a folder where none is looked at', ['schema', '--app', '.']],
    ['the same thing twice', ['commit', '--repo', 'acme/a', '--repo', 'acme/b', '--set', 'f:.a=1']],
    ['nothing, as a variable leaves it that is not set', ['ship', '--app', '']],
    ['two answers to one question', ['wait', '--ca', 'a.pem', '--insecure']],
  ])('is refused for %s', async (_, args) => {
    expect((await look(await app(), args)).code).toBe('USAGE');
  });

  it('may be given again where several count', async () => {
    const args = ['commit', '--repo', 'acme/config', '--set', 'f:.a=1', '--set', 'f:.b=1'];
    expect((await look(await app(), args)).code).toBeUndefined();
  });
});
