import type { Misfit } from './evaluate.ts';
import { readOperator } from './operators.ts';

/** Why a part of a statement doesn't fit a request, as a half sentence. */
export function misfitWords(misfit: Misfit): string {
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
