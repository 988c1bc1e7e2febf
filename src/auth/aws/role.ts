import { readProvider } from '../iam/evaluate.ts';
import { readTrustDocument, type TrustDocument } from '../iam/policy.ts';
import type { RoleArn } from '../iam/right-policy.ts';
import { judgeRight } from '../iam/rights.ts';
import { readJsonText } from '../json.ts';
import { elementsOf, type IamCall } from './iam.ts';

/** What AWS tells of a role. Undefined is what wasn't told. */
export interface RoleAnswer {
  readonly role: RoleFacts | 'missing' | undefined;
  /** The audiences that the account knows of each provider which the trust policy names. */
  readonly providers: readonly { readonly arn: string; readonly audiences: readonly string[] | 'missing' }[];
  /** Actions that the role's policies don't allow. */
  readonly lacking: readonly { readonly action: string; readonly resource: string }[];
}

interface RoleFacts {
  readonly arn: string;
  readonly trust: string;
  readonly longestSeconds: number;
}

/** The answer, or undefined with the reason kept; `absent` is the code that says there is no such thing. */
export type Told = <T>(call: string, ask: () => Promise<T>, absent?: string) => Promise<T | 'missing' | undefined>;

interface RoleQuestion {
  readonly role: string;
  readonly arn: RoleArn;
  readonly calls: readonly {
    readonly actions: readonly string[];
    readonly resource: string;
    readonly region: string;
  }[];
  readonly now: number;
}

/** Asks about a role and what it may do: AWS's own simulation, or else its policies, judged here. `tell` says what stays open. */
export async function askRole(
  iam: IamCall,
  question: RoleQuestion,
  told: Told,
  tell: (call: string, why: string) => void,
): Promise<RoleAnswer> {
  const { role, calls } = question;
  const ask = (action: string, parameters: Readonly<Record<string, string>>): Promise<string | undefined> =>
    told(`iam:${action}`, () => iam(action, parameters), 'NoSuchEntity');
  const simulated = calls.map(async ({ actions, resource }) => {
    const listed = actions.map((action, at) => [`ActionNames.member.${at + 1}`, action]);
    const parameters = { PolicySourceArn: role, 'ResourceArns.member.1': resource, ...Object.fromEntries(listed) };
    // A refusal of this one is no news where the policies can be read.
    const xml = await iam('SimulatePrincipalPolicy', parameters).catch(() => undefined);
    if (xml === undefined) return undefined;
    const decisions = elementsOf(xml, 'EvalDecision');
    const names = elementsOf(xml, 'EvalActionName');
    return names.flatMap((action, at) => (decisions[at] === 'allowed' ? [] : [{ action, resource }]));
  });
  const [xml, ...answers] = await Promise.all([ask('GetRole', { RoleName: nameOf(role) }), ...simulated]);
  const about = xml === undefined || xml === 'missing' ? '' : xml;
  const isJudged = answers.includes(undefined) && xml !== 'missing';
  const lacking = isJudged ? await lackingByPolicies(about, question, ask, tell) : answers.flatMap((one) => one ?? []);
  if (xml === undefined || xml === 'missing') return { role: xml, providers: [], lacking };
  const [arn = ''] = elementsOf(xml, 'Arn');
  const trust = documentIn(xml, 'AssumeRolePolicyDocument');
  const longestSeconds = Number(elementsOf(xml, 'MaxSessionDuration')[0] ?? 3_600);
  const providers = providersIn(trust).map(async (provider): Promise<RoleAnswer['providers']> => {
    const answer = await ask('GetOpenIDConnectProvider', { OpenIDConnectProviderArn: provider });
    if (answer === undefined) return [];
    return [{ arn: provider, audiences: answer === 'missing' ? answer : elementsOf(answer, 'member') }];
  });
  return { role: { arn, trust, longestSeconds }, providers: (await Promise.all(providers)).flat(), lacking };
}

type Ask = (action: string, parameters: Readonly<Record<string, string>>) => Promise<string | undefined>;

/** What the role's policies don't allow, nor the boundary that GetRole tells of. */
async function lackingByPolicies(
  about: string,
  { role, arn, calls, now }: RoleQuestion,
  ask: Ask,
  tell: (call: string, why: string) => void,
): Promise<RoleAnswer['lacking']> {
  const RoleName = nameOf(role);
  const managed = async (PolicyArn: string): Promise<TrustDocument | undefined> => {
    const [VersionId] = elementsOf((await ask('GetPolicy', { PolicyArn })) ?? '', 'DefaultVersionId');
    if (VersionId === undefined) return undefined;
    return policyIn(await ask('GetPolicyVersion', { PolicyArn, VersionId }), 'Document');
  };
  const inline = async (PolicyName: string): Promise<TrustDocument | undefined> =>
    policyIn(await ask('GetRolePolicy', { RoleName, PolicyName }), 'PolicyDocument');
  // A list that wasn't told holds something that wasn't read.
  const each = async (xml: string | undefined, element: string, read: typeof inline) =>
    xml === undefined ? [undefined] : Promise.all(elementsOf(xml, element).map(read));
  const [attached, own] = await Promise.all([
    ask('ListAttachedRolePolicies', { RoleName }),
    ask('ListRolePolicies', { RoleName }),
  ]);
  const policies = await Promise.all([each(attached, 'PolicyArn', managed), each(own, 'member', inline)]);
  const [boundary] = elementsOf(about, 'PermissionsBoundaryArn');
  // Both must allow a call: what the role has, and its boundary.
  const sets = [policies.flat(), ...(boundary === undefined ? [] : [[await managed(boundary)]])];
  const judged = calls.flatMap(({ actions, resource, region }) => {
    const known = new Map([
      ['aws:requestedregion', [region]],
      ['aws:securetransport', ['true']],
      ['aws:currenttime', [new Date(now).toISOString()]],
      ['aws:principalarn', [role]],
      ['aws:principalaccount', [arn.account]],
    ]);
    return actions.map((action) => {
      const truths = sets.map((set) => judgeRight(set, { action, resource, known }));
      return { action, resource, may: truths.includes(false) ? false : !truths.includes('unknown') || 'unknown' };
    });
  });
  const open = judged.filter(({ may }) => may === 'unknown').map(({ action }) => action);
  if (open.length > 0) tell('iam:SimulatePrincipalPolicy', `so it is open whether the role may do ${open[0]}`);
  return judged.flatMap(({ may, ...call }) => (may === false ? [call] : []));
}

function nameOf(role: string): string {
  return role.split('/').at(-1) ?? '';
}

/** A document inside of XML: IAM encodes it as a part of a URL (RFC 3986). */
function documentIn(xml: string, element: string): string {
  return decodeURIComponent(elementsOf(xml, element)[0] ?? '');
}

function policyIn(xml: string | undefined, element: string): TrustDocument | undefined {
  const { root } = readJsonText(documentIn(xml ?? '', element), 'policy');
  return root && readTrustDocument(root).document;
}

function providersIn(trust: string): string[] {
  const { root } = readJsonText(trust, 'trust policy');
  if (root === undefined) return [];
  const named = readTrustDocument(root).document.statements.flatMap(({ effect, principals }) =>
    effect === 'Allow' ? principals.map(({ value }) => value) : [],
  );
  return [...new Set(named)].filter((arn) => readProvider(arn)?.account !== undefined);
}
