import { firstDigits } from '../shell/expand.ts';
import { Unclear } from '../shell/tree.ts';
import { branchValue, commitValue, type RunText, unknownValue, variableValue, whyUnknown } from '../value.ts';
import { lines, only, type Use, type UseOutcome } from './use.ts';

/** The variable by which an output of a step reaches Tagboat. */
export const outputVariable = (step: string, name: string): string =>
  `${step}_${name}`.toUpperCase().replace(/\W/g, '_');

/** docker/metadata-action: the tags that its rules make for a push to a branch. */
export function metadata({ inputs, wholeCommits, id }: Use): UseOutcome {
  only(inputs, 'images', 'tags', 'flavor', 'labels', 'annotations', 'github-token', 'sep-tags');
  const images = lines(inputs.images, /[\n,]/);
  const rules = inputs.tags === undefined ? ['type=ref,event=branch'] : lines(inputs.tags);
  const tags = rules.flatMap((rule) => tagOf(rule, wholeCommits));
  if (lines(inputs.flavor).some((line) => line !== 'latest=false' && line !== 'latest=auto'))
    throw new Unclear('the input `flavor`');
  // One tag that can't be told is still the action's own output, if the step stays.
  const own = tags.length === 1 && id !== undefined && whyUnknown(tags[0] ?? '') !== undefined;
  if (own) tags[0] = variableValue(outputVariable(id, 'version'), `steps.${id}.outputs.version`, false);
  const refs = images.flatMap((image) => tags.map((tag) => `${image}:${tag}`));
  return {
    facts: [],
    outputs: {
      tags: refs.join('\n'),
      version: tags[0] ?? unknownValue('no rule makes a tag for a branch'),
      labels: '',
      annotations: '',
    },
  };
}

function tagOf(rule: string, wholeCommits: boolean): RunText[] {
  const given = rule.includes('=') ? rule : `type=raw,value=${rule}`;
  const fields = Object.fromEntries(
    given
      .split(/,(?![^\uE000]*\uE001)/)
      .map((field) => [field.slice(0, field.indexOf('=')).trim(), field.slice(field.indexOf('=') + 1).trim()]),
  );
  const { type, prefix = '', suffix = '', enable = 'true' } = fields;
  if (!['true', '{{is_default_branch}}'].includes(enable)) throw new Unclear('a tag that is given only sometimes');
  if (enable === '{{is_default_branch}}' && fields.value !== 'latest')
    throw new Unclear('a tag that is given only sometimes');
  const around = (value: RunText): RunText[] => [`${prefix}${value}${suffix}`];
  if (type === 'sha') {
    const value = fields.format === 'long' ? commitValue : firstDigits(commitValue, 7, wholeCommits);
    return [`${fields.prefix ?? 'sha-'}${value}${suffix}`];
  }
  if (type === 'raw' && fields.value !== undefined) {
    if (/\{\{/.test(fields.value))
      return around(
        fields.value === '{{sha}}'
          ? firstDigits(commitValue, 7, wholeCommits)
          : unknownValue(`it is made by ${fields.value}`),
      );
    return around(fields.value);
  }
  if (type === 'ref' && fields.event === 'branch') return around(branchValue);
  // These say nothing on a push to a branch.
  if (
    (type === 'ref' && ['tag', 'pr'].includes(fields.event ?? '')) ||
    type === 'semver' ||
    type === 'pep440' ||
    type === 'match' ||
    type === 'schedule'
  )
    return [];
  throw new Unclear(`the rule \`type=${type ?? ''}\``);
}
