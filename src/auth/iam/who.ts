import { isGitHub } from './claims.ts';
import { coversAction, readProvider } from './evaluate.ts';
import { readOperator, takesWildcards } from './operators.ts';
import type { Condition, Statement, TrustDocument } from './policy.ts';

/** How many an Allow lets in. */
export type Breadth = 'nobody' | 'named' | 'owner' | 'anyone';

/** Who may assume the role by one value of one Allow statement. */
export interface Audience {
  readonly statement: Statement;
  readonly words: string;
  readonly breadth: Breadth;
}

/** Who may assume a role, in words, by each of its Allow statements. What Deny statements take away isn't counted. */
export function whoMayAssume(document: TrustDocument): Audience[] {
  return document.statements
    .filter((statement) => statement.effect === 'Allow' && coversAction(statement))
    .flatMap((statement) => providersOf(statement).flatMap((provider) => audiencesOf(statement, provider)));
}

function providersOf({ principals, exceptPrincipals }: Statement): string[] {
  if (exceptPrincipals) return ['*'];
  const found = principals.flatMap(({ kind, value }) =>
    kind === '*' ? ['*'] : kind === 'Federated' ? [readProvider(value)?.provider ?? ''] : [],
  );
  return [...new Set(found)].filter((provider) => provider !== '');
}

/** A claim that must be one of some texts. */
interface Demand {
  readonly claim: string;
  readonly condition: Condition;
  readonly texts: readonly string[];
  readonly isLike: boolean;
}

function audiencesOf(statement: Statement, provider: string): Audience[] {
  const answer = (words: string, breadth: Breadth): Audience => ({ statement, words, breadth });
  const demands = statement.conditions.flatMap((condition) => demandOf(condition, provider));
  const impossible = demands.find(({ texts, isLike }) => !isLike && texts.length > 0 && texts.every(hasWildcard));
  if (impossible !== undefined) {
    return [
      answer(`nobody: ${impossible.claim} is compared letter by letter with ${quoted(impossible.texts)}`, 'nobody'),
    ];
  }
  const extra = demands.filter(({ claim }) => claim !== 'sub' && claim !== 'aud').map(demandWords);
  const suffix = extra.length === 0 ? '' : `, where ${extra.join(' and ')}`;
  const narrow = demands.some(({ claim }) =>
    ['repository', 'repository_id', 'job_workflow_ref', 'enterprise_id', 'actor_id'].includes(claim),
  );
  const subs = demands.filter(({ claim }) => claim === 'sub');
  const everybody = isGitHub(provider) ? 'any repository on GitHub' : `anybody with a token of ${provider}`;
  if (subs.length === 0) return [answer(everybody + suffix, narrow ? 'named' : 'anyone')];
  const [first = { texts: [], isLike: false }, ...others] = subs;
  const also = others.map(({ texts }) => `sub is also ${quoted(texts)}`);
  return first.texts
    .filter((text) => first.isLike || !hasWildcard(text))
    .map((text) => {
      const { words, breadth } = subjectWords(text, isGitHub(provider) ? everybody : undefined, provider);
      const tail = also.length === 0 ? suffix : `${suffix}, where ${also.join(' and ')}`;
      return answer(words + tail, narrow && breadth === 'anyone' ? 'named' : breadth);
    });
}

/** What a positive test of a claim asks for. One that passes over a claim that is missing asks nothing of it. */
function demandOf(condition: Condition, provider: string): Demand[] {
  const operator = readOperator(condition.operator);
  const prefix = `${provider}:`;
  if (operator === undefined || operator.negated || !/^String/.test(operator.base)) return [];
  if (!condition.key.toLowerCase().startsWith(prefix)) return [];
  const claim = condition.key.slice(prefix.length).toLowerCase();
  // Every token has these two.
  const always = claim === 'sub' || claim === 'aud';
  if (!always && (operator.ifExists || operator.set === 'ForAllValues')) return [];
  return [{ claim, condition, texts: condition.values.map(({ value }) => value), isLike: takesWildcards(operator) }];
}

function demandWords({ claim, texts, isLike }: Demand): string {
  return `${claim} is ${isLike && texts.some(hasWildcard) ? 'like ' : ''}${quoted(texts)}`;
}

/** A `sub` in words: GitHub's in its forms, GitLab's, anything else as it stands. */
function subjectWords(
  sub: string,
  everybody: string | undefined,
  provider: string,
): { words: string; breadth: Breadth } {
  if (/^[*?]*$/.test(sub) && sub.includes('*'))
    return { words: everybody ?? `anybody with a token of ${provider}`, breadth: 'anyone' };
  if (everybody !== undefined && sub.startsWith('repo:')) return repoWords(sub.slice(5), everybody);
  const [, project, kind, ref] = /^project_path:([^:]+)(?::ref_type:([^:]+):ref:(.+)|:\*)?$/.exec(sub) ?? [];
  if (project !== undefined) {
    const at =
      kind === undefined || ref === undefined
        ? ''
        : ref === '*'
          ? `, any ${kind}`
          : ` at ${kind === 'branch' ? '' : `${kind} `}${ref}`;
    const wide = /^[*?]/.test(project);
    const whole = project.replace(/\/\*$/, '');
    const words = wide ? 'any project of that GitLab' : project.endsWith('/*') ? `any project below ${whole}` : project;
    return { words: words + at, breadth: wide ? 'anyone' : hasWildcard(project) ? 'owner' : 'named' };
  }
  return {
    words: `tokens whose sub is ${hasWildcard(sub) ? 'like ' : ''}${JSON.stringify(sub)}`,
    breadth: hasWildcard(sub.slice(0, 8)) ? 'anyone' : 'named',
  };
}

// `owner/name:ref:refs/heads/main` and its patterns. A run crosses "/" and ":" alike. A name with "@*" after it is that
// one with whatever id: names have no "@".
function repoWords(pattern: string, everybody: string): { words: string; breadth: Breadth } {
  const text = pattern.replace(/^([^@*?/]+)@\*\/([^@*?/:]+)@\*:/, '$1/$2:');
  const [, owner = '', rest] = /^([^/]*)(?:\/(.*))?$/s.exec(text) ?? [];
  if (rest === undefined) {
    if (/^[*?]/.test(owner)) return { words: everybody, breadth: 'anyone' };
    return hasWildcard(owner)
      ? {
          words: `any repository of any owner whose name begins with ${nameOf(owner.replace(/[*?].*$/, ''))}`,
          breadth: 'anyone',
        }
      : { words: `nobody: ${JSON.stringify(`repo:${text}`)} names no repository`, breadth: 'nobody' };
  }
  const colon = rest.indexOf(':');
  const [name, context] =
    colon < 0 ? [rest, hasWildcard(rest) ? '*' : undefined] : [rest.slice(0, colon), rest.slice(colon + 1)];
  if (context === undefined)
    return {
      words: `nobody: sub goes on after ${JSON.stringify(`repo:${text}`)}, with ":ref:" and the like`,
      breadth: 'nobody',
    };
  const where = nameOf(owner);
  const repos =
    name === '*'
      ? `any repository of ${hasWildcard(owner) ? 'any owner' : where}`
      : hasWildcard(name)
        ? `any repository of ${where} whose name is like ${nameOf(name)}`
        : `${where}/${nameOf(name)}`;
  const breadth = hasWildcard(owner) ? 'anyone' : hasWildcard(name) ? 'owner' : 'named';
  if (hasWildcard(owner) && name === '*' && context === '*') return { words: everybody, breadth };
  return {
    words: contextWords(context, hasWildcard(name) ? (name === '*' ? `${where}/*` : repos) : repos, repos),
    breadth,
  };
}

function contextWords(context: string, short: string, repos: string): string {
  if (/^\*+$/.test(context)) return `${repos}: any branch, tag, pull request and environment`;
  const [, kind, value = ''] =
    /^(ref:refs\/heads\/|ref:refs\/tags\/|ref:|environment:|pull_request$)(.*)$/s.exec(context) ?? [];
  const like = (what: string): string =>
    value === '*' ? `any ${what} of ${short}` : hasWildcard(value) ? `any ${what} of ${short} like ${value}` : '';
  switch (kind) {
    case 'ref:refs/heads/':
      return hasWildcard(value) ? like('branch') : `${repos} at ${value}`;
    case 'ref:refs/tags/':
      return hasWildcard(value) ? like('tag') : `${repos} at tag ${value}`;
    case 'ref:':
      return hasWildcard(value) ? like('branch or tag') : `${repos} at ${value}`;
    case 'environment:':
      return hasWildcard(value) ? like('environment') : `${repos} in environment ${value}`;
    case 'pull_request':
      return `pull requests of ${repos}`;
    default:
      return `${repos}, where sub goes on ${hasWildcard(context) ? 'like ' : 'as '}${JSON.stringify(context)}`;
  }
}

/** A name; of the immutable form, with its id. */
function nameOf(text: string): string {
  const [, name, id] = /^([^@]+)@(\d+)$/.exec(text) ?? [];
  return name === undefined ? text : `${name} (id ${id})`;
}

function hasWildcard(text: string): boolean {
  return /[*?]/.test(text);
}

function quoted(texts: readonly string[]): string {
  return texts.map((text) => JSON.stringify(text)).join(' or ');
}
