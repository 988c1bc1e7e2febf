import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type Exchange, judged } from './github-described.ts';

const require = createRequire(import.meta.url);
const described = join(dirname(require.resolve('@gitbeaker/rest')), 'index.d.mts');

/** What is asked of each route and answered, by the names that GitLab's client for TypeScript has for them. */
const routes: Readonly<Record<string, { readonly asks?: string; readonly answers: string }>> = {
  'GET /user': { answers: 'ExpandedUserSchema' },
  'GET /users': { asks: 'AllUsersOptions', answers: 'UserSchema[]' },
  'GET /projects/{project}': { answers: 'ProjectSchema' },
  'GET /projects/{project}/merge_requests': {
    ...{ asks: 'AllMergeRequestsOptions', answers: 'MergeRequestSchemaWithBasicLabels[]' },
  },
  'POST /projects/{project}/merge_requests': {
    asks: 'CreateMergeRequestOptions & { sourceBranch: string; targetBranch: string; title: string }',
    answers: 'ExpandedMergeRequestSchema',
  },
  'GET /projects/{project}/merge_requests/1': { answers: 'ExpandedMergeRequestSchema' },
  'PUT /projects/{project}/merge_requests/1': {
    asks: 'EditMergeRequestOptions',
    answers: 'ExpandedMergeRequestSchema',
  },
  'PUT /projects/{project}/merge_requests/1/merge': {
    ...{ asks: 'AcceptMergeRequestOptions', answers: 'ExpandedMergeRequestSchema' },
  },
  'GET /projects/{project}/merge_requests/1/notes': { asks: 'Paged', answers: 'MergeRequestNoteSchema[]' },
  'POST /projects/{project}/merge_requests/1/notes': { asks: '{ body: string }', answers: 'MergeRequestNoteSchema' },
  'PUT /projects/{project}/merge_requests/1/notes/1': { asks: '{ body: string }', answers: 'MergeRequestNoteSchema' },
  'DELETE /projects/{project}/merge_requests/1/notes/1': { answers: 'never' },
  'GET /projects/{project}/repository/branches/main': { answers: 'BranchSchema' },
  'GET /projects/{project}/repository/commits/{commit}/merge_requests': { answers: 'MergeRequestSchema[]' },
};

/** A request's route: the project, a commit and numbers stand for any. */
export function routeOf({ method, path }: Pick<Exchange, 'method' | 'path'>): string {
  const named = path
    .replace(/\?.*/, '')
    .replace(/^\/projects\/[^/]+/, '/projects/{project}')
    .replace(/[0-9a-f]{40}/, '{commit}')
    .replaceAll(/\/\d+(?=\/|$)/g, '/1');
  return `${method} ${named}`;
}

/**
 * The client writes names as JavaScript does and sends them as GitLab has them. Of an answer may be missing what nobody
 * reads, but what is there has GitLab's names and types; its own types bear anything else beside, which is left out here.
 */
const helpers = `
type Known<T> = T extends readonly (infer E)[]
  ? Known<E>[]
  : T extends object
    ? { [K in keyof T as string extends K ? never : number extends K ? never : K]?: Known<T[K]> }
    : T;
type Paged = { page?: number; perPage?: number };
type Refusal = { message?: string | string[]; error?: string };
type Text<T> = { [K in keyof T]: T[K] extends number | undefined ? \`\${number}\` : T[K] };
`;

/** Where exchanges with GitLab differ from what its client for TypeScript sends and takes: the compiler judges. */
export function gitlabDifferences(exchanges: readonly Exchange[]): string[] {
  const names = [
    ...readFileSync(described.replace('/rest/', '/core/'), 'utf8').matchAll(/type (\w+(?:Schema|Options)\w*)/g),
  ];
  const wanted = Object.values(routes).flatMap(({ asks = '', answers }) => [...`${asks} ${answers}`.matchAll(/\w+/g)]);
  const used = new Set(wanted.map(([name]) => name).filter((name) => names.some(([, one]) => one === name)));
  const found: string[] = [];
  const lines = [`import type { ${[...used].join(', ')} } from ${JSON.stringify(described)};`, ...helpers.split('\n')];
  const labels = new Map<number, string>();
  const tell = (label: string, type: string, value: unknown) => {
    lines.push(`export const at${lines.length}: ${type} = ${JSON.stringify(value)};`);
    labels.set(lines.length, label);
  };
  for (const { method, path, body, status, answer } of exchanges) {
    const { pathname, searchParams } = new URL(path, 'http://api');
    const what = `${method} ${pathname}`;
    const { asks = 'Record<string, never>', answers } = routes[routeOf({ method, path })] ?? {};
    if (answers === undefined) {
      found.push(`${what}: no such route`);
      continue;
    }
    if (searchParams.size > 0) tell(`${what}: query`, `Text<${asks}>`, camel(Object.fromEntries(searchParams)));
    if (body !== '') tell(`${what}: body`, asks, camel(JSON.parse(body)));
    if (answer !== '') tell(`${what}: ${status}`, status < 400 ? `Known<${answers}>` : 'Refusal', JSON.parse(answer));
  }
  return [...found, ...judged(lines.join('\n'), labels)];
}

function camel(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [
      key.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
      one,
    ]),
  );
}
