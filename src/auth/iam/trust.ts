import type { Finding } from '../../plan/finding.ts';
import { type JsonFault, type JsonText, readJsonText } from '../json.ts';
import { gitHubProvider, isShared } from './claims.ts';
import { evaluateTrust, type Misfit, readProvider, type TrustRequest, type TrustVerdict } from './evaluate.ts';
import { readOperator } from './operators.ts';
import { readTrustDocument, type TrustDocument } from './policy.ts';
import { policyLettingIn, type TrustWanted } from './right-policy.ts';
import { reviewStatement, type Say } from './statement.ts';
import { type Audience, whoMayAssume } from './who.ts';

/** What is known beside the policy. */
export interface TrustQuestion {
  readonly file: string;
  /** Who asks for the role; undefined where nobody is told. */
  readonly request: TrustRequest | undefined;
  /** The role's account, where it is known. */
  readonly account: string | undefined;
  readonly partition?: string | undefined;
}

/** What a trust policy says, and what is wrong with it. */
export interface TrustReview {
  readonly findings: readonly Finding[];
  readonly mayAssume: readonly string[];
  readonly verdict: TrustVerdict['is'] | undefined;
  /** The smallest policy that does what is wanted, as JSON; undefined where nothing tells what that is. */
  readonly policy: string | undefined;
}

/** Reads a trust policy and judges it. Pure. */
export function reviewTrust(text: string, question: TrustQuestion): TrustReview {
  const json = readJsonText(text, question.file);
  const findings = json.faults.map((fault) => jsonFinding(fault, json));
  if (json.root === undefined) return { findings, mayAssume: [], verdict: undefined, policy: undefined };
  const { document, faults } = readTrustDocument(json.root);
  const say = (code: string, severity: Finding['severity'], at: number, message: string, fix: string): void =>
    void findings.push({ code, severity, message, place: json.placeOf(at), fix });
  for (const { at, why } of faults)
    say('TRUST_GRAMMAR', 'error', at, `${why}.`, 'IAM refuses such a policy: correct it.');
  for (const statement of document.statements)
    reviewStatement(statement, document, question.account ?? question.request?.account, say);
  const audiences = whoMayAssume(document);
  reviewAudiences(document, audiences, say);
  const verdict = question.request === undefined ? undefined : evaluateTrust(document, question.request);
  if (verdict !== undefined && question.request !== undefined) reviewVerdict(verdict, question.request, say);
  const wanted = wantedOf(document, json, question);
  return {
    findings,
    mayAssume: [...new Set(audiences.map(({ words }) => words))],
    verdict: verdict?.is,
    policy: wanted && JSON.stringify(policyLettingIn(wanted), null, 2),
  };
}

function jsonFinding({ is, at, why, dropped }: JsonFault, { placeOf }: JsonText): Finding {
  const place = placeOf(at);
  if (is !== 'duplicate' || dropped === undefined) {
    const fix = is === 'comma' ? 'Take the comma away, or add the one that is missing.' : 'Type it as JSON wants it.';
    return { code: 'TRUST_NOT_JSON', severity: 'error', message: `This is not valid JSON: ${why}.`, place, fix };
  }
  const lost = dropped.value.is === 'object' ? dropped.value.members.map(({ key }) => key).join(', ') : '';
  const message = `${why}: what stands in line ${placeOf(dropped.at).line} is dropped${lost === '' ? '' : `, so ${lost} is not checked at all`}.`;
  return {
    code: 'TRUST_KEY_TWICE',
    severity: 'error',
    message,
    place,
    fix: `Write one "${dropped.key}" with everything in it.`,
  };
}

function reviewAudiences(document: TrustDocument, audiences: readonly Audience[], say: Say): void {
  for (const { statement, words, breadth } of audiences) {
    const shared = statement.principals.some(({ value }) => isShared(readProvider(value)?.provider ?? ''));
    const refused = shared ? ' IAM saves no such policy any more; one that is there stays good.' : '';
    if (breadth === 'anyone') {
      const message = `The role may be assumed by ${words}.${refused}`;
      const fix = 'Compare sub with your own repository and branch.';
      say('TRUST_OPEN', 'error', statement.at, message, fix);
    }
    if (breadth === 'owner') {
      const message = `The role may be assumed by ${words}.`;
      const fix = 'Name the repositories that need it.';
      say('TRUST_WIDE', 'warning', statement.at, message, fix);
    }
    if (breadth === 'nobody') {
      const message = `This lets in ${words}.`;
      const fix = 'Use StringLike for patterns, and a whole sub.';
      say('TRUST_NOBODY', 'error', statement.at, message, fix);
    }
  }
  if (audiences.length === 0) {
    const at = document.statements[0]?.at ?? 0;
    const message = 'No statement lets an OIDC token in.';
    const fix = 'Add a statement that allows sts:AssumeRoleWithWebIdentity to the provider.';
    say('TRUST_NOBODY', 'error', at, message, fix);
  }
}

function reviewVerdict(verdict: TrustVerdict, { claims }: TrustRequest, say: Say): void {
  if (verdict.is === 'allowed') return;
  const sub = JSON.stringify(claims.sub ?? '');
  if (verdict.is === 'unknown') {
    const open = verdict.statements.find(({ fits }) => fits === 'unknown');
    const message = `Whether ${sub} may assume the role rests on what isn't known here.`;
    const fix = 'Give the whole claims by --claims.';
    say('TRUST_UNSURE', 'note', open?.statement.at ?? 0, message, fix);
    return;
  }
  const effect = verdict.is === 'denied' ? 'Deny' : 'Allow';
  for (const { statement, fits, misfits } of verdict.statements) {
    if (statement.effect !== effect || (effect === 'Deny' && fits !== true)) continue;
    const why = effect === 'Deny' ? 'a Deny fits it' : misfits.map(misfitWords).join('; ');
    const message = `${sub} may not assume the role: ${why}.`;
    const fix = 'The policy below lets in this run and nothing else.';
    say('TRUST_REFUSED', 'error', statement.at, message, fix);
  }
}

/** What the policy should let in: this run, or else what it plainly means to. */
function wantedOf(
  document: TrustDocument,
  { faults }: JsonText,
  { request, account, partition }: TrustQuestion,
): TrustWanted | undefined {
  const [first] = document.statements.flatMap(({ principals }) =>
    principals.flatMap(({ kind, value }) => (kind === 'Federated' ? [readProvider(value) ?? []].flat() : [])),
  );
  const provider = request?.provider ?? first?.provider;
  if (provider === undefined) return undefined;
  const where = {
    partition: partition ?? first?.partition ?? 'aws',
    account: account ?? request?.account ?? first?.account ?? 'ACCOUNT',
    provider,
  };
  const { sub, aud } = request?.claims ?? {};
  if (typeof sub === 'string' && aud !== undefined) return { ...where, audiences: [aud].flat(), subs: [sub] };
  // What JSON dropped was meant too.
  const dropped = faults.flatMap(({ dropped: one }) => (one?.value.is === 'object' ? one.value.members : []));
  const texts = (claim: string): string[] => [
    ...document.statements
      .filter(({ effect }) => effect === 'Allow')
      .flatMap(({ conditions }) => conditions)
      .filter(({ key }) => key.toLowerCase() === `${provider}:${claim}`)
      .flatMap(({ values }) => values.map(({ value }) => value)),
    ...dropped
      .filter(({ key }) => key.toLowerCase() === `${provider}:${claim}`)
      .flatMap(({ value }) => (value.is === 'text' ? [value.value] : [])),
  ];
  const [subs, audiences] = [texts('sub'), texts('aud')];
  const placeholder = provider === gitHubProvider ? 'repo:OWNER/REPOSITORY:ref:refs/heads/BRANCH' : 'SUB';
  return {
    ...where,
    subs: subs.length === 0 || subs.some((text) => /^(?:repo:)?[*?]/.test(text)) ? [placeholder] : subs,
    audiences: audiences.length === 0 ? ['sts.amazonaws.com'] : audiences,
  };
}

/** Why a part of a statement doesn't fit a request, as a half sentence. */
function misfitWords(misfit: Misfit): string {
  if (misfit.is !== 'condition') {
    return misfit.is === 'principal'
      ? 'the Principal is another provider, or one of another account'
      : 'the Action is not sts:AssumeRoleWithWebIdentity';
  }
  const { condition, found } = misfit;
  const claim = condition.key.replace(/^.*:/, '');
  const wanted = condition.values.map(({ value }) => JSON.stringify(value)).join(' or ');
  if (readOperator(condition.operator) === undefined) return `there is no operator ${condition.operator}`;
  const has =
    found === undefined ? `${claim} is missing` : `${claim} is ${found.map((one) => JSON.stringify(one)).join(', ')}`;
  return `${has}, and ${condition.operator} wants ${wanted}`;
}
