/** An IAM role's trust policy, as far as this world knows the language. */
export interface TrustPolicy {
  readonly Version?: string;
  readonly Statement: readonly TrustStatement[];
}

export interface TrustStatement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Principal: { readonly Federated: string | readonly string[] };
  readonly Action: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

const action = 'sts:AssumeRoleWithWebIdentity';

const operators: Readonly<Record<string, (pattern: string, value: string) => boolean>> = {
  StringEquals: (pattern, value) => pattern === value,
  StringLike: (pattern, value) => wildcard(pattern).test(value),
};

/** Throws on what isn't understood, so that a policy never passes because half of it was overlooked. */
export function checkTrustPolicy(policy: TrustPolicy): void {
  for (const statement of policy.Statement) {
    for (const operator of Object.keys(statement.Condition ?? {})) {
      if (operators[operator] === undefined) throw new Error(`the sandbox doesn't know the condition ${operator}`);
    }
  }
}

/** Whether the policy lets this identity assume the role: some Allow fits and no Deny does (IAM's evaluation logic). */
export function isTrusted(
  policy: TrustPolicy,
  identity: { readonly provider: string; readonly host: string; readonly claims: Readonly<Record<string, unknown>> },
): boolean {
  const fits = (statement: TrustStatement) =>
    list(statement.Principal.Federated).includes(identity.provider) &&
    list(statement.Action).includes(action) &&
    Object.entries(statement.Condition ?? {}).every(([operator, keys]) =>
      Object.entries(keys).every(([key, wanted]) => holds(operator, key, list(wanted), identity)),
    );
  const fitting = policy.Statement.filter(fits);
  return fitting.some(({ Effect }) => Effect === 'Allow') && !fitting.some(({ Effect }) => Effect === 'Deny');
}

/** One condition key: any of its values may match; a claim that the token doesn't have matches nothing. */
function holds(
  operator: string,
  key: string,
  wanted: readonly string[],
  identity: { readonly host: string; readonly claims: Readonly<Record<string, unknown>> },
): boolean {
  const prefix = `${identity.host}:`;
  // Condition keys are not case-sensitive; the claims' names after the provider are lower case in all tokens here.
  if (!key.toLowerCase().startsWith(prefix.toLowerCase())) return false;
  const value = identity.claims[key.slice(prefix.length)];
  const test = operators[operator];
  return typeof value === 'string' && test !== undefined && wanted.some((pattern) => test(pattern, value));
}

/** `*` any run of characters, `?` any one (IAM JSON policy, StringLike). */
function wildcard(pattern: string): RegExp {
  const escaped = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${escaped}$`, 's');
}

function list(value: string | readonly string[]): readonly string[] {
  return typeof value === 'string' ? [value] : value;
}
