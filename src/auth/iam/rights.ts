import { type ConditionKeys, coversAction, judgeCondition, wildcards } from './evaluate.ts';
import { matchesLike, type Truth } from './operators.ts';
import type { Statement, TrustDocument } from './policy.ts';

/** One call that a role is to make. */
export interface RightWanted {
  readonly action: string;
  readonly resource: string;
  /** Values of condition keys that are known, by their names in lower case. What isn't here may be anything. */
  readonly known: ReadonlyMap<string, readonly string[]>;
}

/**
 * Whether all policies of a role together let it make a call ("Policy evaluation logic": a Deny decides, then any Allow).
 * A policy that couldn't be read, undefined here, may allow or deny it. Pure.
 */
export function judgeRight(policies: readonly (TrustDocument | undefined)[], wanted: RightWanted): Truth {
  const context: ConditionKeys = { get: (key) => wanted.known.get(key) ?? 'unknown' };
  const judged = policies.flatMap((policy) =>
    (policy?.statements ?? []).map((statement) => ({
      effect: statement.effect,
      fits: fitOf(statement, wanted, policy?.version, context),
    })),
  );
  const some = (effect: 'Allow' | 'Deny', fits: Truth): boolean =>
    judged.some((one) => one.effect === effect && one.fits === fits);
  if (some('Deny', true)) return false;
  if (some('Deny', 'unknown') || policies.includes(undefined)) return 'unknown';
  return some('Allow', true) || (some('Allow', 'unknown') ? 'unknown' : false);
}

function fitOf(statement: Statement, wanted: RightWanted, version: string | undefined, context: ConditionKeys): Truth {
  if (!coversAction(statement, wanted.action)) return false;
  const conditions = statement.conditions.map((condition) =>
    // Most variables of a role's policies are tags, which only AWS fills in.
    condition.values.some(isFilledIn) ? 'unknown' : judgeCondition(condition, version, context),
  );
  const all = [coversResource(statement, wanted.resource), ...conditions];
  return all.includes(false) ? false : all.includes('unknown') ? 'unknown' : true;
}

function coversResource({ resources, exceptResources }: Statement, resource: string): Truth {
  if (resources.some(({ value }) => matchesLike(wildcards(value), resource))) return !exceptResources;
  return resources.some(isFilledIn) ? 'unknown' : exceptResources;
}

function isFilledIn({ value }: { readonly value: string }): boolean {
  return /\$\{[^}*?$]+\}/.test(value);
}
