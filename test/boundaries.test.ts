import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  arrowsUp,
  circles,
  crowded,
  graphOf,
  long,
  namesakes,
  readSources,
  type Sources,
  stageOf,
  unused,
} from '../scripts/structure.mjs';

const root = resolve(import.meta.dirname, '..');
const sources = readSources(join(root, 'src'));
const files = Object.keys(sources);
const graph = graphOf(sources);
const text = (file: string): string => sources[file] ?? '';

// What each stage may import besides itself. The order is the pipeline's: entry -> ship -> stages -> wire -> errors.
const values = ['plan', 'events', 'errors', 'wire'];
const allowed: Record<string, string[]> = {
  errors: ['errors'],
  wire: ['errors'],
  plan: ['wire', 'errors'],
  events: ['plan', 'errors'],
  config: values,
  auth: values,
  image: values,
  commit: values,
  deploy: values,
  ship: [...values, 'config', 'auth', 'image', 'commit', 'deploy'],
  sandbox: ['wire', 'errors', 'plan'],
  index: [...values, 'config', 'ship', 'auth', 'image', 'commit', 'deploy'],
  entry: [...values, 'config', 'ship', 'auth', 'image', 'commit', 'deploy', 'sandbox', 'index'],
};

/** The rooms of each stage from the top down, as docs/ARCHITECTURE.md draws them. What isn't named stands below all. */
const rooms: Record<string, string[]> = {
  entry: ['action', 'cli', 'ui', 'commands', 'demo', 'doctor', 'init', 'migrate', 'run', 'show'],
  config: ['plan', 'check', 'read', 'shape'],
  auth: ['argocd', 'aws', 'google', 'azure', 'iam', 'registry', 'git'],
  image: [
    'gate',
    'sign',
    'reuse',
    'engine',
    'fingerprint',
    'assemble',
    'base',
    'layer',
    'context',
    'tree',
    'dockerfile',
  ],
  commit: ['history', 'queue', 'propose', 'land', 'render', 'holds', 'order', 'edit', 'repo'],
  deploy: ['watch', 'act', 'reason', 'verdict', 'observe'],
  wire: ['kubernetes', 'argocd', 'forge', 'github', 'git', 'oci'],
  sandbox: ['argocd', 'github', 'git-host', 'aws', 'registry'],
};

const against = (all: Sources): string[] =>
  Object.entries(graphOf(all)).flatMap(([file, targets]) =>
    targets
      .filter((to) => stageOf(to) !== stageOf(file) && !allowed[stageOf(file)]?.includes(stageOf(to)))
      .map((to) => `${file} imports ${to}`),
  );

describe('the plan of the house', () => {
  it('imports run one way, and stages never import each other', () => {
    expect(against(sources)).toEqual([]);
    expect(files.length).toBeGreaterThan(100);
  });

  it.each(Object.entries(rooms))('the rooms of %s import downwards only, and none imports its door', (stage, order) => {
    expect(arrowsUp(graph, stage, order)).toEqual([]);
    for (const room of order) expect(files.some((file) => file.startsWith(`${stage}/${room}`))).toBe(true);
  });

  it('no imports run in a circle, types included', () => {
    expect(circles(graph)).toEqual([]);
  });

  it('a folder holds at most 14 files, and a file at most 250 lines', () => {
    expect(crowded(files, 14)).toEqual([]);
    expect(long(sources, 250)).toEqual([]);
  });

  it('would be seen broken: each rule finds the fault that is planted for it', () => {
    const stageToStage = { ...sources, 'auth/x.ts': "import { land } from '../commit/commit.ts';" };
    expect(against(stageToStage)).toEqual(['auth/x.ts imports commit/commit.ts']);
    const up = { ...sources, 'commit/land/x.ts': "import type { A } from '../queue/intent.ts';" };
    expect(arrowsUp(graphOf(up), 'commit', rooms.commit ?? [])).toEqual([
      'commit/land/x.ts imports commit/queue/intent.ts',
    ]);
    const door = { ...sources, 'image/tree/x.ts': "import { type A } from '../image.ts';" };
    expect(arrowsUp(graphOf(door), 'image', rooms.image ?? [])).toEqual(['image/tree/x.ts imports image/image.ts']);
    const later = { 'a.ts': "const b = await import('./b.ts');", 'b.ts': "import type { A } from './c.ts';" };
    expect(circles(graphOf({ ...later, 'c.ts': "export { A } from './a.ts';" }))).toEqual([['a.ts', 'b.ts', 'c.ts']]);
    const many = Array.from({ length: 15 }, (_, at) => `wire/x/${at}.ts`);
    expect(crowded(many, 14)).toEqual(['wire/x: 15 files']);
    expect(long({ 'a.ts': 'x;\n'.repeat(251), 'b.ts': 'x;\n'.repeat(250) }, 250)).toEqual(['a.ts: 251 lines']);
    const twice = { 'a.ts': 'export const go = 1;', 'b.ts': 'export interface go {}' };
    expect(namesakes(twice)).toEqual({ go: ['a.ts', 'b.ts'] });
    expect(unused({ 'a.ts': 'export function idle() {}' }, {}, [])).toEqual(['a.ts: idle']);
  });
});

// Names that several files export and that mean the same in each, or that a reader can't mix up: with the reason.
const sameInEach: Record<string, string> = {
  ship: 'the command, and what it runs',
};

it('a name that is exported means one thing; the stand-ins of servers use their servers’ own words', () => {
  const own = Object.fromEntries(Object.entries(sources).filter(([file]) => stageOf(file) !== 'sandbox'));
  const found = Object.keys(namesakes(own)).sort();
  expect(found).toEqual(Object.keys(sameInEach).sort());
});

it('what is exported is imported by somebody', () => {
  const outside = Object.fromEntries(
    ['test', 'bench'].flatMap((folder) =>
      Object.entries(readSources(join(root, folder))).map(([file, content]) => [`${folder}/${file}`, content]),
    ),
  );
  expect(unused(sources, outside, ['index.ts'])).toEqual([]);
});

it('only the entry reads the environment, the arguments and the standard streams', () => {
  const wrong = files
    .filter((file) => stageOf(file) !== 'entry')
    .filter((file) => /\bprocess\.(env|argv|stdin|stdout|stderr|exit|exitCode|cwd)\b/.test(text(file)));
  expect(wrong).toEqual([]);
});

it('pure files touch no file system, network, child process, clock or process', () => {
  const pure = /(^|\/)(plan|fingerprint|dockerfile|dockerignore|edit|verdict|pktline|object|pack|delta|reference)\.ts$/;
  const wrong = files
    // A command is called as its stage's pure part is (`edit`, `plan`), and does the touching.
    .filter((file) => pure.test(file) && stageOf(file) !== 'entry')
    .filter((file) =>
      /node:(fs|net|http|https|tls|child_process|process|os|timers)|Date\.now|new Date\(\)|\bprocess\./.test(
        text(file),
      ),
    );
  expect(wrong).toEqual([]);
});

it('only index.ts re-exports, and nothing is exported by default', () => {
  const wrong = files
    .filter((file) => file !== 'index.ts')
    .filter((file) => /^export \* from|^export \{[^}]*\} from|^export default/m.test(text(file)));
  expect(wrong).toEqual([]);
});

it('zod is imported by its functions: as one object it brings the error texts of forty languages along', () => {
  const wrong = files.filter((file) => /^import \{[^}]*\bz\b[^}]*\} from 'zod'/m.test(text(file)));
  expect(wrong).toEqual([]);
});

it('docs/ARCHITECTURE.md draws the rooms that are there', () => {
  const page = readFileSync(join(root, 'docs/ARCHITECTURE.md'), 'utf8');
  for (const [stage, order] of Object.entries(rooms)) {
    for (const room of order) expect(page, `${stage}/${room}`).toMatch(new RegExp(`\\b${room}/`));
  }
});
