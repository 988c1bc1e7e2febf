import { nearestWord } from '../../errors/spelling.ts';
import type { Finding } from '../../plan/finding.ts';
import { claimsKnown, gitHubProvider } from './claims.ts';
import { coversAction, readProvider } from './evaluate.ts';
import { operatorNames, readOperator, takesWildcards } from './operators.ts';
import type { Condition, Statement, TrustDocument } from './policy.ts';

/** Takes a finding at an offset of the text. */
export type Say = (code: string, severity: Finding['severity'], at: number, message: string, fix: string) => void;

/** What is wrong with one statement, whoever asks. */
export function reviewStatement(
  statement: Statement,
  document: TrustDocument,
  role: string | undefined,
  say: Say,
): void {
  for (const { kind, value, at } of statement.principals) {
    if (kind !== 'Federated') continue;
    const provider = readProvider(value);
    if (provider === undefined) {
      if (/:saml-provider\/|^(?:www\.amazon\.com|graph\.facebook\.com|cognito-identity\.amazonaws\.com)$/.test(value))
        continue;
      const host = value
        .replace(/^.*?:\/\//, '')
        .replace(/^arn:.*?oidc-provider\/(?:https?:\/\/)?/, '')
        .replace(/\/$/, '');
      const fix = `Name the provider's ARN: arn:aws:iam::ACCOUNT:oidc-provider/${host === '' ? gitHubProvider : host}.`;
      say('TRUST_PRINCIPAL', 'error', at, `${JSON.stringify(value)} names no OIDC provider of IAM's.`, fix);
    } else if (/^https?:\/\//.test(provider.provider) || provider.provider.endsWith('/')) {
      const message = "A provider's ARN ends in its host and path, without https:// and slash.";
      const fix = 'Take it away.';
      say('TRUST_PRINCIPAL', 'error', at, message, fix);
    } else if (provider.account === undefined && value.startsWith('arn:')) {
      const message = "Twelve digits, the role's account, belong into the provider's ARN.";
      const fix = 'Put them where the placeholder stands.';
      say('TRUST_PRINCIPAL', 'error', at, message, fix);
    } else if (role !== undefined && provider.account !== undefined && provider.account !== role) {
      const message = `The provider is in account ${provider.account}, and the role in ${role}: a role trusts providers of its own account alone.`;
      const fix = `Name the provider of ${role}, and make one there if there is none.`;
      say('TRUST_ACCOUNT_OTHER', 'error', at, message, fix);
    }
  }
  const providers = statement.principals.flatMap(({ kind, value }) =>
    kind === 'Federated' ? [readProvider(value)?.provider ?? ''] : [],
  );
  const isAllow = statement.effect === 'Allow';
  if (isAllow && providers.length > 0 && !coversAction(statement)) {
    const message = 'A token is exchanged by sts:AssumeRoleWithWebIdentity, and the Action is another one.';
    const fix = 'Set Action to sts:AssumeRoleWithWebIdentity.';
    say('TRUST_ACTION', 'error', statement.actions[0]?.at ?? statement.at, message, fix);
  }
  for (const condition of statement.conditions)
    reviewCondition(condition, { providers, isAllow, version: document.version }, say);
}

function reviewCondition(
  { operator: name, at, key, keyAt, values }: Condition,
  {
    providers,
    isAllow,
    version,
  }: { readonly providers: readonly string[]; readonly isAllow: boolean; readonly version: string | undefined },
  say: Say,
): void {
  const operator = readOperator(name);
  if (operator === undefined) {
    const guess = nearestWord(name.replace(/^For\w+:|IfExists$/g, ''), operatorNames);
    const message = `There is no condition operator ${name}.`;
    const fix = guess === undefined ? 'Use StringEquals or StringLike.' : `Did you mean ${guess}?`;
    say('TRUST_OPERATOR', 'error', at, message, fix);
    return;
  }
  const claim = claimOf(key, providers);
  const [provider = gitHubProvider] = providers;
  const known = claimsKnown(provider);
  if (claim === undefined && !/^(?:aws|sts|iam):/i.test(key)) {
    const message = `No request has a key ${key}: claims are named after their provider.`;
    say('TRUST_KEY', 'error', keyAt, message, `Write it as ${provider}:${key.replace(/^.*[:/]/, '')}.`);
  } else if (claim !== undefined && !known.includes(claim)) {
    const missing =
      operator.negated || operator.ifExists || operator.set === 'ForAllValues'
        ? 'so this always holds'
        : 'so this never holds';
    const message = `STS makes no condition key of the claim ${claim} of ${provider}: it is missing from every request, ${missing}.`;
    say('TRUST_CLAIM', 'error', keyAt, message, `It knows ${known.join(', ')}.`);
  } else if (
    isAllow &&
    claim !== 'sub' &&
    claim !== 'aud' &&
    operator.base !== 'Null' &&
    (operator.ifExists || operator.set === 'ForAllValues')
  ) {
    const what = operator.ifExists ? '…IfExists' : 'ForAllValues';
    const message = `${what} lets everybody in whose token has no ${claim ?? key}.`;
    const fix = 'Leave it away, unless that is meant.';
    say('TRUST_PASSES_MISSING', 'warning', at, message, fix);
  }
  for (const { value, at: valueAt } of values) {
    if (/[*?]/.test(value.replace(/\$\{[^}]*\}/g, '')) && /^String/.test(operator.base) && !takesWildcards(operator)) {
      const right = operator.negated ? 'StringNotLike' : 'StringLike';
      const effect = operator.negated ? 'always' : 'never';
      const message = `Under ${name} a "*" is the character itself, so this ${effect} holds.`;
      const fix = `Compare it by ${right}.`;
      say('TRUST_WILDCARD', 'error', valueAt, message, fix);
    }
    if (version !== '2012-10-17' && /\$\{[^}]+\}/.test(value)) {
      const message = 'Policy variables mean nothing without Version 2012-10-17: this is plain text.';
      const fix = 'Add "Version": "2012-10-17".';
      say('TRUST_VARIABLE', 'error', valueAt, message, fix);
    }
  }
}

function claimOf(key: string, providers: readonly string[]): string | undefined {
  const provider = providers.find((one) => key.toLowerCase().startsWith(`${one}:`));
  return provider === undefined ? undefined : key.slice(provider.length + 1).toLowerCase();
}
