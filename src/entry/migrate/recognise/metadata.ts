import { Unclear } from '../facts.ts';
import {
  branchValue,
  commitValue,
  firstDigits,
  type RunText,
  unknownValue,
  variableName,
  variableValue,
  whyUnknown,
} from '../value.ts';
import { lines, type Use, type UseOutcome } from './use.ts';

/** docker/metadata-action: the tags that its rules make for a push to a branch, and `version`, the one of the highest rank. */
export function metadata({ inputs, wholeCommits, id }: Use): UseOutcome {
  const images = lines(inputs.images, /[\n,]/);
  if (images.some((image) => image.includes('='))) throw new Unclear('an image that is named only sometimes');
  const rules = inputs.tags === undefined ? ['type=ref,event=branch'] : lines(inputs.tags);
  const tags = rules
    .flatMap((rule) => tagOf(rule, wholeCommits))
    .toSorted((a, b) => b.rank - a.rank)
    .map(({ tag }) => tag);
  if (lines(inputs.flavor).some((line) => line !== 'latest=false' && line !== 'latest=auto'))
    throw new Unclear('the input `flavor`');
  // One tag that can't be told is still the action's own output, if the step stays.
  const own = tags.length === 1 && id !== undefined && whyUnknown(tags[0] ?? '') !== undefined;
  if (own) tags[0] = variableValue(variableName(id, 'version'), `steps.${id}.outputs.version`, false);
  const refs = images.flatMap((image) => tags.map((tag) => `${image}:${tag}`));
  const version = tags[0] ?? unknownValue('no rule makes a tag for a branch');
  return { facts: [], outputs: { tags: refs.join('\n'), version, labels: '', annotations: '' } };
}

/** The ranks that its documentation gives the kinds of rules. */
const ranks: Readonly<Record<string, number>> = { ref: 600, raw: 200, sha: 100 };

function tagOf(rule: string, wholeCommits: boolean): { readonly tag: RunText; readonly rank: number }[] {
  const given = rule.includes('=') ? rule : `type=raw,value=${rule}`;
  const fields = Object.fromEntries(
    given
      .split(/,(?![^\uE000]*\uE001)/)
      .map((field) => [field.slice(0, field.indexOf('=')).trim(), field.slice(field.indexOf('=') + 1).trim()]),
  );
  const { type = '', prefix = type === 'sha' ? 'sha-' : '', suffix = '', value, enable = 'true' } = fields;
  if (enable !== 'true' && !(enable === '{{is_default_branch}}' && value === 'latest'))
    throw new Unclear('a tag that is given only sometimes');
  const short = firstDigits(commitValue, 7, wholeCommits);
  const made = ((): RunText | undefined => {
    if (type === 'sha') return fields.format === 'long' ? commitValue : short;
    if (type === 'raw' && value !== undefined) {
      if (!value.includes('{{')) return value;
      return value === '{{sha}}' ? short : unknownValue(`it is made by ${value}`);
    }
    if (type === 'ref' && fields.event === 'branch') return branchValue;
    // These say nothing on a push to a branch.
    if (type === 'ref' && ['tag', 'pr'].includes(fields.event ?? '')) return undefined;
    if (['semver', 'pep440', 'match', 'schedule'].includes(type)) return undefined;
    throw new Unclear(`the rule \`type=${type}\``);
  })();
  return made === undefined ? [] : [{ tag: `${prefix}${made}${suffix}`, rank: Number(fields.priority ?? ranks[type]) }];
}
