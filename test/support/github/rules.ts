import { type ApiAnswer, type ApiRequest, json } from '../../../src/sandbox/api.ts';

/** What a repository's rules are, whatever its name and the branch's. */
export interface BranchRules {
  /** Types of the rules of one ruleset: `pull_request`, `required_signatures`. */
  readonly ruleset?: readonly string[];
  /** Whether the asking one may pass the ruleset by; undefined where the token isn't told. */
  readonly bypass?: 'always' | 'pull_requests_only' | 'never';
  /** Classic branch protection, as it is enforced on the asking one (GraphQL's `RefUpdateRule`). */
  readonly classic?: Readonly<Record<string, unknown>>;
}

const rulesetId = 21;

/** GitHub's answers about rules of branches: REST for rulesets, GraphQL for classic protection. Undefined for other requests. */
export function answerRules(
  { method, headers, body }: ApiRequest,
  { ruleset = [], bypass, classic = {} }: BranchRules,
  rest: string | undefined,
): ApiAnswer | undefined {
  const [, what] = /^\/repos\/[^/]+\/[^/]+\/(rules\/branches\/[^/]+|rulesets\/\d+)$/.exec(rest ?? '') ?? [];
  const isClassic = rest === undefined && body.toString().includes('refUpdateRule');
  if (!isClassic && (what === undefined || method !== 'GET')) return undefined;
  if (!/^bearer \S+$/i.test(headers.authorization ?? '')) return json(401, { message: 'Bad credentials' });
  if (isClassic) return json(200, { data: { repository: { ref: { refUpdateRule: classic } } } });
  if (what === `rulesets/${rulesetId}`) return json(200, { id: rulesetId, current_user_can_bypass: bypass });
  return json(
    200,
    ruleset.map((type) => ({ type, ruleset_id: rulesetId, ruleset_source_type: 'Repository' })),
  );
}
