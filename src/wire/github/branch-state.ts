import { at, listAt, numberAt, textAt } from '../fields.ts';
import { entryKind, isObjectId, makeObject, type ObjectId } from '../git/pack/object.ts';
import type { PathEnd } from '../git/snapshot.ts';
import type { Http } from '../http.ts';
import { askGraphql, errorIn, type GraphqlApi, type GraphqlOptions } from './graphql.ts';

/** What is asked of a branch at once. */
export interface BranchQuestion {
  /** `owner/name`. */
  readonly repository: string;
  /** Without `refs/heads/`. */
  readonly branch: string;
  readonly files: readonly string[];
  /** Whether the newest commits that touched each file are asked for too. */
  readonly messages: boolean;
}

/** Messages of the commits that touched a file, newest first, as far as they were told. */
export interface FileMessages {
  readonly newest: readonly string[];
  /** These are all there are. */
  readonly all: boolean;
}

/** A branch in one answer: its tip, and of that commit the files. */
export interface BranchState {
  readonly tip: ObjectId;
  /** What each path leads to: a file byte for byte, or nothing. A path that isn't here can't be told by this API. */
  readonly files: ReadonlyMap<string, Extract<PathEnd, { is: 'file' }> | 'nothing'>;
  readonly messages: ReadonlyMap<string, FileMessages>;
}

/** Commits of each file whose messages are told: what set a value last is mostly among them. */
const mostMessages = 10;
/** Files of one question. GitHub answers within ten seconds, or not at all. */
const mostFiles = 50;
/** A file's text is at most half a megabyte here, and JSON may write a byte as six. */
const answerLimit = 16 * 1024 * 1024;

/** The question for so many files, as GitHub's public schema has it; a test holds it against that. Pure. */
export function branchQuery(files: number, messages: boolean): string {
  const each = Array.from({ length: files }, (_, at) => at);
  const history = `(first: ${mostMessages}, path: $`;
  return `query ($owner: String!, $name: String!, $ref: String!${each.map((n) => `, $p${n}: String!`).join('')}) {
  repository(owner: $owner, name: $name) { ref(qualifiedName: $ref) { prefix name target { oid ... on Commit {
${each.map((n) => `    f${n}: file(path: $p${n}) { path mode object { oid ... on Blob { text isBinary isTruncated } } }`).join('\n')}
${each.map((n) => (messages ? `    h${n}: history${history}p${n}) { nodes { message } pageInfo { hasNextPage } }\n` : '')).join('')}  } } } }
}`;
}

/**
 * A branch as one answer shows it: everything in it is of the one commit that the branch pointed at. Undefined where the API
 * doesn't tell it so: no such branch or repository, none that this token sees, or errors beside the data. Throws WireFailure.
 */
export async function readBranchState(
  http: Http,
  api: GraphqlApi,
  { repository, branch, files, messages }: BranchQuestion,
  options: Omit<GraphqlOptions, 'limit'>,
): Promise<BranchState | { readonly why: string }> {
  if (files.length > mostFiles) return { why: `${files.length} files are more than are asked for at once` };
  const [owner, name] = repository.split('/');
  const paths = Object.fromEntries(files.map((file, n) => [`p${n}`, file]));
  const asked = {
    query: branchQuery(files.length, messages),
    variables: { owner, name, ref: refOf(branch), ...paths },
  };
  const { value } = await askGraphql(http, api, asked, { ...options, limit: answerLimit });
  const error = errorIn(value);
  if (error !== undefined || listAt(value, 'errors').length > 0) return { why: error?.text ?? 'it tells an error' };
  const ref = at(value, 'data', 'repository', 'ref');
  const tip = textAt(ref, 'target', 'oid');
  if (!isObjectId(tip, 'sha1') || `${textAt(ref, 'prefix')}${textAt(ref, 'name')}` !== refOf(branch)) {
    return { why: `it shows no branch ${branch}` };
  }
  const told = files.map((file, n) => [file, fileIn(at(ref, 'target', `f${n}`), file)] as const);
  const histories = files.map((file, n) => [file, messagesIn(at(ref, 'target', `h${n}`))] as const);
  return {
    tip,
    files: new Map(told.flatMap(([file, end]) => (end === undefined ? [] : [[file, end]]))),
    messages: new Map(histories.flatMap(([file, one]) => (one === undefined ? [] : [[file, one]]))),
  };
}

function refOf(branch: string): string {
  return `refs/heads/${branch}`;
}

/** A file is one only where the text's bytes have the id that stands with it: JSON can't carry every byte. */
function fileIn(entry: unknown, file: string): Extract<PathEnd, { is: 'file' }> | 'nothing' | undefined {
  if (entry === null) return 'nothing';
  const text = at(entry, 'object', 'text');
  const mode = numberAt(entry, 'mode').toString(8);
  if (typeof text !== 'string' || at(entry, 'path') !== file || !/^10[0-7]{4}$/.test(mode)) return undefined;
  if (entryKind(mode) !== 'file' || at(entry, 'object', 'isTruncated') !== false) return undefined;
  const blob = makeObject('sha1', 'blob', Buffer.from(text, 'utf8'));
  return blob.id === at(entry, 'object', 'oid') ? { is: 'file', mode, blob } : undefined;
}

function messagesIn(history: unknown): FileMessages | undefined {
  const nodes = listAt(history, 'nodes').map((node) => at(node, 'message'));
  const newest = nodes.filter((one) => typeof one === 'string');
  // A commit that isn't told may be the one that counts.
  if (nodes.length === 0 || newest.length < nodes.length) return undefined;
  return { newest, all: at(history, 'pageInfo', 'hasNextPage') === false };
}
