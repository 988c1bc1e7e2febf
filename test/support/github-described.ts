import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { schema } from '@octokit/graphql-schema';
import { buildSchema, getVariableValues, Kind, parse, validate } from 'graphql';
import { readBody } from '../../src/wire/http.ts';
import type { TestWorld } from './world.ts';

/** One request of a host's API and its answer, as they went over the wire. */
export interface Exchange {
  readonly method: string;
  /** Below the API's base, with its query. */
  readonly path: string;
  readonly body: string;
  readonly status: number;
  readonly answer: string;
}

/** The same world, which keeps what goes to a host's API. Git's own requests are not among it. */
export function recorded(world: TestWorld, kept: Exchange[]): TestWorld {
  const http: TestWorld['http'] = async (request) => {
    const response = await world.http(request);
    const { pathname, search } = new URL(request.url);
    const [, path] = /^\/api(?:\/v\d)?(\/.*)$/.exec(pathname) ?? [];
    if (path === undefined) return response;
    const answer = await readBody(response, 1024 * 1024);
    const body = request.body === undefined ? '' : String(request.body);
    kept.push({
      ...{ method: request.method ?? 'GET', path: path + search, body },
      ...{ status: response.status, answer: answer.toString() },
    });
    return { ...response, body: Readable.from([answer]) };
  };
  return { ...world, http };
}

const require = createRequire(import.meta.url);
const described = join(dirname(require.resolve('@octokit/openapi-types/package.json')), 'types.d.ts');
const compiler = join(dirname(require.resolve('typescript/package.json')), 'lib/tsc.js');

/**
 * What is asked must be whole; of an answer may be missing what nobody reads, but what is there has GitHub's names and types.
 * A refusal that an operation doesn't tell of is an error as any.
 */
const helpers = `
type Json<C> = 'application/json' extends keyof C ? C['application/json'] : never;
type Part<T> = T extends readonly (infer E)[] ? Part<E>[] : T extends object ? { [K in keyof T]?: Part<T[K]> } : T;
type Text<T> = { [K in keyof T]: [T[K]] extends [number | bigint | undefined] ? \`\${number}\` : T[K] };
type None<T> = [T] extends [never] ? Record<string, never> : T;
type At<T, K> = K extends keyof T ? None<NonNullable<T[K]>> : Record<string, never>;
type Path<O> = Text<At<At<O, 'parameters'>, 'path'>>;
type Query<O> = Text<At<At<O, 'parameters'>, 'query'>>;
type Body<O> = Json<At<At<O, 'requestBody'>, 'content'>>;
type Answer<O, S> = S extends keyof At<O, 'responses'>
  ? Part<Json<At<At<At<O, 'responses'>, S>, 'content'>>>
  : Part<components['schemas']['basic-error'] | components['schemas']['validation-error']>;
`;

/**
 * Where exchanges differ from GitHub's published description of its REST API: each is written down as values of the types
 * that are generated from it, and the compiler judges.
 */
export function differences(exchanges: readonly Exchange[]): string[] {
  const known = [...readFileSync(described, 'utf8').matchAll(/^ {2}"(\/[^"]*)": \{$/gm)].map(([, path = '']) => path);
  const found: string[] = [];
  const lines = [`import type { components, paths } from ${JSON.stringify(described)};`, ...helpers.split('\n')];
  const labels = new Map<number, string>();
  const tell = (label: string, type: string, value: string) => {
    lines.push(`export const at${lines.length}: ${type} = ${value};`);
    labels.set(lines.length, label);
  };
  for (const { method, path, body, status, answer } of exchanges) {
    const { pathname, searchParams } = new URL(path, 'http://api');
    const what = `${method} ${pathname}`;
    const template = templateOf(pathname, known);
    if (template === undefined) {
      found.push(`${what}: no such path`);
      continue;
    }
    const type = `paths[${JSON.stringify(template)}][${JSON.stringify(method.toLowerCase())}]`;
    const inPath = pathname.split('/').map((part, at) => [template.split('/')[at] ?? '', decodeURIComponent(part)]);
    const named = inPath.flatMap(([name = '', value]) => (name.startsWith('{') ? [[name.slice(1, -1), value]] : []));
    tell(`${what}: path`, `Path<${type}>`, JSON.stringify(Object.fromEntries(named)));
    if (searchParams.size > 0)
      tell(`${what}: query`, `Query<${type}>`, JSON.stringify(Object.fromEntries(searchParams)));
    if (body !== '') tell(`${what}: body`, `Body<${type}>`, body);
    if (status < 400) tell(`${what}: status`, `keyof ${type}['responses']`, String(status));
    if (answer !== '') tell(`${what}: ${status}`, `Answer<${type}, ${status}>`, answer);
  }
  return [...found, ...judged(lines.join('\n'), labels)];
}

/** The template of a path; of several the one with the most words of its own. */
function templateOf(path: string, known: readonly string[]): string | undefined {
  const parts = path.split('/');
  const isOpen = (part: string) => part.startsWith('{');
  const fits = (template: string) => {
    const own = template.split('/');
    return own.length === parts.length && own.every((part, at) => isOpen(part) || part === parts[at]);
  };
  const open = (template: string) => template.split('/').filter(isOpen).length;
  return known.filter(fits).sort((a, b) => open(a) - open(b))[0];
}

/** What the compiler says of values that are written down, each by the label of its line. */
export function judged(source: string, labels: ReadonlyMap<number, string>): string[] {
  const dir = mkdtempSync(join(tmpdir(), 'tagboat-described-'));
  try {
    writeFileSync(join(dir, 'exchanges.ts'), source);
    const flags =
      '--noEmit --strict --exactOptionalPropertyTypes --skipLibCheck --allowImportingTsExtensions --pretty false';
    const how = [...flags.split(' '), '--target', 'es2023', '--module', 'nodenext', '--singleThreaded'];
    const { status, stdout, stderr } = spawnSync(process.execPath, [compiler, ...how, 'exchanges.ts'], {
      ...{ cwd: dir, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
    });
    const told = [...stdout.matchAll(/^exchanges\.ts\((\d+),\d+\): error TS\d+: (.*(?:\n .*)*)/gm)];
    if ((status !== 0) !== told.length > 0) throw new Error(`the compiler ended with ${status}: ${stdout}${stderr}`);
    return told.map(([, line, message]) => `${labels.get(Number(line)) ?? `line ${line}`}: ${message}`);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Where a question to GitHub's GraphQL API is not what its public schema takes. */
export function questionErrors(body: string): string[] {
  // As it is published, two unrelated fields stand twice in it.
  const github = buildSchema(schema.idl, { assumeValidSDL: true });
  const { query, variables = {} } = JSON.parse(body) as { query: string; variables?: Record<string, unknown> };
  const document = parse(query);
  const asked = document.definitions.flatMap((one) =>
    one.kind === Kind.OPERATION_DEFINITION ? (one.variableDefinitions ?? []) : [],
  );
  const given = getVariableValues(github, asked, variables);
  return [...validate(github, document), ...(given.errors ?? [])].map(({ message }) => message);
}
