import { type ClaimSet, claimsKnown } from './claims.ts';
import {
  conditionHolds,
  matchesLike,
  type Operator,
  type Pattern,
  readOperator,
  type Truth,
  takesWildcards,
} from './operators.ts';
import type { Condition, Statement, TrustDocument } from './policy.ts';

/** Who asks STS for the role. */
export interface TrustRequest {
  /** The issuer as IAM names it. */
  readonly provider: string;
  /** The role's account, where it is known. */
  readonly account: string | undefined;
  /** The role's partition. Undefined: `aws`. */
  readonly partition?: string | undefined;
  readonly claims: ClaimSet;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** What IAM answers. `denied` is a Deny that fits, `refused` that no Allow does; `unknown` rests on what isn't known here. */
export interface TrustVerdict {
  readonly is: 'allowed' | 'refused' | 'denied' | 'unknown';
  /** For each statement, what of it didn't fit (nothing: it does). */
  readonly statements: readonly StatementVerdict[];
}

export interface StatementVerdict {
  readonly statement: Statement;
  readonly fits: Truth;
  readonly misfits: readonly Misfit[];
}

/** A part of a statement that doesn't fit the request. */
export type Misfit =
  | { readonly is: 'principal' | 'action' }
  | { readonly is: 'condition'; readonly condition: Condition; readonly found: readonly string[] | undefined };

/** IAM's evaluation of a role's trust policy: a Deny that fits decides, then any Allow ("Policy evaluation logic"). */
export function evaluateTrust(document: TrustDocument, request: TrustRequest): TrustVerdict {
  const statements = document.statements.map((statement) => judge(statement, document, request));
  const some = (effect: 'Allow' | 'Deny', fits: Truth): boolean =>
    statements.some((one) => one.statement.effect === effect && one.fits === fits);
  const isOpen = some('Deny', 'unknown');
  if (some('Deny', true)) return { is: 'denied', statements };
  if (some('Allow', true)) return { is: isOpen ? 'unknown' : 'allowed', statements };
  return { is: some('Allow', 'unknown') ? 'unknown' : 'refused', statements };
}

function judge(statement: Statement, document: TrustDocument, request: TrustRequest): StatementVerdict {
  const misfits: Misfit[] = [];
  if (!isAbout(statement, request)) misfits.push({ is: 'principal' });
  if (!coversAction(statement)) misfits.push({ is: 'action' });
  const context = contextOf(request);
  let open = false;
  for (const condition of statement.conditions) {
    const truth = judgeCondition(condition, document.version, context);
    if (truth === 'unknown') open = true;
    if (truth === false) {
      const found = context.get(condition.key.toLowerCase());
      misfits.push({ is: 'condition', condition, found: found === 'unknown' ? undefined : found });
    }
  }
  return { statement, misfits, fits: misfits.length > 0 ? false : open ? 'unknown' : true };
}

/** Whether the statement is about who comes by this provider. */
function isAbout({ principals, exceptPrincipals }: Statement, { provider, account }: TrustRequest): boolean {
  const named = principals.some(({ kind, value }) => {
    if (kind === '*') return true;
    const federated = kind === 'Federated' ? readProvider(value) : undefined;
    if (federated === undefined || federated.provider !== provider.toLowerCase()) return false;
    // An account that isn't filled in yet will be the role's.
    return account === undefined || federated.account === undefined || federated.account === account;
  });
  return named !== exceptPrincipals;
}

/** Whether the statement is about an action; unless said otherwise, about assuming the role by a token. */
export function coversAction({ actions, exceptActions }: Statement, action = 'sts:AssumeRoleWithWebIdentity'): boolean {
  const name = action.toLowerCase();
  return actions.some(({ value }) => matchesLike(wildcards(value.toLowerCase()), name)) !== exceptActions;
}

/** An OIDC provider's ARN taken apart; the account is undefined where something else than twelve digits stands for it. */
export function readProvider(
  arn: string,
): { readonly partition: string; readonly account: string | undefined; readonly provider: string } | undefined {
  const [, partition = '', account = '', provider = ''] =
    /^arn:(aws[\w-]*):iam::([^:]*):oidc-provider\/(.+)$/.exec(arn) ?? [];
  if (provider === '')
    return arn === 'accounts.google.com' ? { partition: 'aws', account: undefined, provider: arn } : undefined;
  return { partition, account: /^\d{12}$/.test(account) ? account : undefined, provider: provider.toLowerCase() };
}

/** What a request has under a condition key, in lower case. */
export type ConditionKeys = Pick<ReadonlyMap<string, readonly string[] | 'unknown'>, 'get'>;

// Of every request; what they are is known to AWS alone, or rests on where and how it is made.
const onlyAws = ['aws:sourceip', 'aws:useragent', 'aws:requestedregion', 'aws:vpcsourceip', 'aws:sourcevpc', 'aws:sourcevpce', 'sts:rolesessionname', 'sts:durationseconds', 'aws:referer', 'aws:principaltype', 'aws:userid']; // biome-ignore format: a list

/** What a request has, by keys in lower case: names of condition keys know no case, and STS knows some claims alone. */
function contextOf({ provider, account, partition = 'aws', claims, now }: TrustRequest): ConditionKeys {
  const context = new Map<string, readonly string[] | 'unknown'>(onlyAws.map((key) => [key, 'unknown']));
  const known = claimsKnown(provider);
  const { azp } = claims;
  for (const [name, value] of Object.entries(claims)) {
    if (!known.includes(name)) continue;
    context.set(`${provider}:${name}`.toLowerCase(), value === undefined ? 'unknown' : [value].flat());
  }
  // Where a token is for another party than it was asked by, that party is `aud`, and `oaud` what was.
  if (typeof azp === 'string') {
    const { aud } = claims;
    context.set(`${provider}:aud`.toLowerCase(), [azp]);
    if (aud !== undefined) context.set(`${provider}:oaud`.toLowerCase(), [aud].flat());
  }
  const federated = account === undefined ? 'unknown' : [`arn:${partition}:iam::${account}:oidc-provider/${provider}`];
  context.set('aws:federatedprovider', federated);
  context.set('aws:securetransport', ['true']);
  context.set('aws:currenttime', [new Date(now).toISOString()]);
  context.set('aws:epochtime', [String(Math.floor(now / 1_000))]);
  return context;
}

/** Whether a condition holds, as far as the context tells. */
export function judgeCondition(
  { operator: name, key, values }: Condition,
  version: string | undefined,
  context: ConditionKeys,
): Truth {
  const operator = readOperator(name);
  if (operator === undefined) return false;
  const found = context.get(key.toLowerCase());
  if (found === 'unknown')
    return operator.base === 'Null'
      ? conditionHolds(operator, patternsOf(operator, values, version, context), ['x'])
      : 'unknown';
  return conditionHolds(operator, patternsOf(operator, values, version, context), found);
}

function patternsOf(
  operator: Operator,
  values: Condition['values'],
  version: string | undefined,
  context: ConditionKeys,
): Pattern[] {
  return values.flatMap(({ value }) => {
    const pattern = patternOf(value, {
      isLike: takesWildcards(operator),
      hasVariables: version === '2012-10-17',
      context,
    });
    return pattern === undefined ? [] : [pattern];
  });
}

/** A policy's value with its variables filled in; undefined where one has no value, and so nothing matches. */
function patternOf(
  value: string,
  { isLike, hasVariables, context }: { isLike: boolean; hasVariables: boolean; context: ConditionKeys },
): Pattern | undefined {
  const pieces = hasVariables ? value.split(/(\$\{[^}]*\})/) : [value];
  const pattern: (Pattern | undefined)[] = pieces.map((piece, at) => {
    if (at % 2 === 0) return isLike ? wildcards(piece) : [piece];
    const [, name = '', fallback] = /^\$\{\s*([^,}]*?)\s*(?:,\s*'([^']*)'\s*)?\}$/.exec(piece) ?? [];
    if (name === '*' || name === '?' || name === '$') return [name];
    const found = context.get(name.toLowerCase());
    const [only] = found === undefined || found === 'unknown' || found.length !== 1 ? [fallback] : found;
    return only === undefined ? undefined : [only];
  });
  return pattern.includes(undefined) ? undefined : pattern.flatMap((part) => part ?? []);
}

/** `*` and `?` of a text as wildcards. */
export function wildcards(text: string): Pattern {
  return text
    .split(/([*?])/)
    .map((part, at) => (at % 2 === 0 ? part : { any: part === '*' ? ('run' as const) : ('one' as const) }))
    .filter((part) => part !== '');
}
