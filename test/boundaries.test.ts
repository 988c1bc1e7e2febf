import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, it } from 'vitest';

const src = resolve(import.meta.dirname, '../src');
const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
const text = (file: string) => readFileSync(join(src, file), 'utf8');

/** Every relative import of a file, as a path below src/. */
function imports(file: string): string[] {
  const found = text(file).matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g);
  return [...found].map((match) => relative(src, resolve(dirname(join(src, file)), match[1] ?? '')));
}

/** The room a file lives in: its folder, or its own name at the top. */
function room(file: string): string {
  return file.includes('/') ? (file.split('/')[0] ?? '') : file.replace(/\.ts$/, '');
}

// What each room may import besides itself. The order is the pipeline's: entry -> ship -> stages -> wire -> errors.
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

it('imports run one way, and stages never import each other', () => {
  const wrong = files.flatMap((file) =>
    imports(file)
      .filter((target) => room(target) !== room(file) && !allowed[room(file)]?.includes(room(target)))
      .map((target) => `${file} imports ${target}`),
  );
  expect(wrong).toEqual([]);
  expect(files.length).toBeGreaterThan(10);
});

it('only the entry reads the environment, the arguments and the standard streams', () => {
  const wrong = files
    .filter((file) => room(file) !== 'entry')
    .filter((file) => /\bprocess\.(env|argv|stdin|stdout|stderr|exit|exitCode|cwd)\b/.test(text(file)));
  expect(wrong).toEqual([]);
});

it('pure files touch no file system, network, child process, clock or process', () => {
  const pure = /(^|\/)(plan|fingerprint|dockerfile|dockerignore|edit|verdict|pktline|object|pack|delta|reference)\.ts$/;
  const wrong = files
    // A command is called as its stage's pure part is (`edit`, `plan`), and does the touching.
    .filter((file) => pure.test(file) && room(file) !== 'entry')
    .filter((file) =>
      /node:(fs|net|http|https|tls|child_process|process|os|timers)|Date\.now|new Date\(\)|\bprocess\./.test(
        text(file),
      ),
    );
  expect(wrong).toEqual([]);
});

it('no file holds two ideas: at most 250 lines each', () => {
  const long = files.map((file) => [file, text(file).split('\n').length] as const).filter(([, lines]) => lines > 260);
  expect(long).toEqual([]);
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
