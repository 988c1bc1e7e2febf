import type { JsonNode } from '../json.ts';

/** A trust policy, as far as it can be read; each part with where it stands. */
export interface TrustDocument {
  /** Policy variables mean something from this version on. */
  readonly version: string | undefined;
  readonly statements: readonly Statement[];
}

export interface Statement {
  readonly at: number;
  readonly sid: string | undefined;
  /** Undefined where it is neither of the two. */
  readonly effect: 'Allow' | 'Deny' | undefined;
  /** Whom it is about: by kind (`Federated`, `AWS`, …, or `*` for everyone). */
  readonly principals: readonly Principal[];
  /** `NotPrincipal`: everyone but these. */
  readonly exceptPrincipals: boolean;
  readonly actions: readonly Located[];
  /** `NotAction`: everything but these. */
  readonly exceptActions: boolean;
  /** Of a role's policies alone. */
  readonly resources: readonly Located[];
  /** `NotResource`: everything but these. */
  readonly exceptResources: boolean;
  readonly conditions: readonly Condition[];
}

export interface Located {
  readonly at: number;
  readonly value: string;
}

interface Principal extends Located {
  readonly kind: string;
}

/** One operator with one key. */
export interface Condition {
  readonly at: number;
  readonly operator: string;
  readonly key: string;
  readonly keyAt: number;
  readonly values: readonly Located[];
}

/** What the grammar of policies doesn't allow (IAM JSON policy language, "Grammar"; for trust policies, without Resource). */
export interface PolicyFault {
  readonly at: number;
  readonly why: string;
}

const documentKeys = ['Version', 'Id', 'Statement'];
const statementKeys = ['Sid', 'Effect', 'Principal', 'NotPrincipal', 'Action', 'NotAction', 'Condition'];

/** The policy in a JSON value. What `aws iam get-role` prints around it is taken off. */
export function readTrustDocument(root: JsonNode): {
  readonly document: TrustDocument;
  readonly faults: PolicyFault[];
} {
  const faults: PolicyFault[] = [];
  const wrong = (at: number, why: string): void => void faults.push({ at, why });
  const policy = unwrapped(root);
  const has = membersOf(policy, wrong, 'A policy', documentKeys);
  const version = textOf(has.get('Version'));
  if (has.has('Version') && version !== '2012-10-17' && version !== '2008-10-17') {
    wrong(has.get('Version')?.at ?? policy.at, 'Version is 2012-10-17 (or, of old policies, 2008-10-17)');
  }
  const statement = has.get('Statement');
  if (statement === undefined) wrong(policy.at, 'A policy needs a Statement');
  const statements = listOf(statement).map((node) => readStatement(node, wrong));
  return { document: { version, statements }, faults };
}

type Wrong = (at: number, why: string) => void;

function readStatement(node: JsonNode, wrong: Wrong): Statement {
  const has = membersOf(node, wrong, 'A statement of a trust policy', statementKeys);
  const effect = textOf(has.get('Effect'));
  if (effect !== 'Allow' && effect !== 'Deny') {
    wrong(has.get('Effect')?.at ?? node.at, 'Effect is Allow or Deny, in this spelling');
  }
  for (const [one, other] of [
    ['Principal', 'NotPrincipal'],
    ['Action', 'NotAction'],
  ] as const) {
    if (!has.has(one) && !has.has(other)) wrong(node.at, `A statement of a trust policy needs ${one}`);
    if (has.has(one) && has.has(other)) wrong(has.get(other)?.at ?? node.at, `${one} and ${other} exclude each other`);
  }
  return {
    at: node.at,
    sid: textOf(has.get('Sid')),
    effect: effect === 'Allow' || effect === 'Deny' ? effect : undefined,
    principals: principalsOf(has.get('Principal') ?? has.get('NotPrincipal'), wrong),
    exceptPrincipals: !has.has('Principal') && has.has('NotPrincipal'),
    actions: listOf(has.get('Action') ?? has.get('NotAction')).flatMap((one) => located(one, wrong)),
    exceptActions: !has.has('Action') && has.has('NotAction'),
    resources: listOf(has.get('Resource') ?? has.get('NotResource')).flatMap((one) => located(one, wrong)),
    exceptResources: !has.has('Resource') && has.has('NotResource'),
    conditions: conditionsOf(has.get('Condition'), wrong),
  };
}

function principalsOf(node: JsonNode | undefined, wrong: Wrong): Principal[] {
  if (node === undefined) return [];
  if (node.is === 'text') {
    if (node.value === '*') return [{ kind: '*', at: node.at, value: '*' }];
    wrong(node.at, 'Principal is a map such as {"Federated": "arn:…"}, or "*"');
    return [];
  }
  const kinds = ['AWS', 'Federated', 'Service', 'CanonicalUser'];
  return [...membersOf(node, wrong, 'Principal', kinds)].flatMap(([kind, value]) =>
    listOf(value)
      .flatMap((one) => located(one, wrong))
      .map((one) => ({ ...one, kind: kind === 'AWS' && one.value === '*' ? '*' : kind })),
  );
}

function conditionsOf(node: JsonNode | undefined, wrong: Wrong): Condition[] {
  if (node === undefined) return [];
  if (node.is !== 'object') {
    wrong(node.at, 'Condition is a map of operators');
    return [];
  }
  return node.members.flatMap(({ key: operator, at, value: keys }) => {
    if (keys.is !== 'object') {
      wrong(keys.at, `${operator} is a map of condition keys`);
      return [];
    }
    return keys.members.map(({ key, at: keyAt, value }) => {
      const values = listOf(value).flatMap((one) => located(one, wrong));
      return { at, operator, key, keyAt, values };
    });
  });
}

/** A map's values by their keys. Tells keys that nothing reads: IAM refuses them. */
function membersOf(node: JsonNode, wrong: Wrong, what: string, known: readonly string[]): Map<string, JsonNode> {
  if (node.is !== 'object') {
    wrong(node.at, `${what} is a map`);
    return new Map();
  }
  for (const { key, at } of node.members) {
    if (!known.includes(key)) wrong(at, `${what} has no ${JSON.stringify(key)}; it has ${known.join(', ')}`);
  }
  return new Map(node.members.map(({ key, value }) => [key, value]));
}

function listOf(node: JsonNode | undefined): readonly JsonNode[] {
  return node === undefined ? [] : node.is === 'list' ? node.items : [node];
}

/** Numbers and booleans count as their text, as IAM takes them. */
function located(node: JsonNode, wrong: Wrong): Located[] {
  if (node.is === 'text' || node.is === 'word') return [{ at: node.at, value: node.value }];
  wrong(node.at, 'A text is needed here');
  return [];
}

function textOf(node: JsonNode | undefined): string | undefined {
  return node?.is === 'text' ? node.value : undefined;
}

function unwrapped(root: JsonNode): JsonNode {
  const inside = (node: JsonNode | undefined, key: string): JsonNode | undefined =>
    node?.is === 'object' ? node.members.find((member) => member.key === key)?.value : undefined;
  return inside(inside(root, 'Role'), 'AssumeRolePolicyDocument') ?? inside(root, 'AssumeRolePolicyDocument') ?? root;
}
