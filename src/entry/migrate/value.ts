/**
 * A text of which parts are known only when a run takes place. Such a part stands in the text as a word between two
 * characters that no file has, so that a value can be cut, compared and searched as any text.
 */
export type RunText = string;

const open = '\uE000';
const close = '\uE001';
const marks = /\uE000([^\uE001]*)\uE001/g;

const sealed = (...parts: readonly string[]): RunText => `${open}${parts.join('\t')}${close}`;

export const commitValue: RunText = sealed('commit');
const shortCommitValue: RunText = sealed('shortCommit');
export const branchValue: RunText = sealed('branch');

/** The digest of the image that was pushed under this reference. */
export const digestValue = (reference: RunText): RunText => sealed('digest', seal(reference));

/** What Tagboat takes from the environment: the runner gives it, or else the new step has to, by the expression. */
export const variableValue = (name: string, expression: string, given: boolean): RunText =>
  sealed('variable', name, expression, given ? 'given' : '');

/** The variable by which an output of a step reaches Tagboat. */
export const variableName = (step: string, name: string): string => `${step}_${name}`.toUpperCase().replace(/\W/g, '_');

/** What can't be told beforehand, with the reason as the end of a sentence. */
export const unknownValue = (why: string): RunText => sealed('unknown', why.replaceAll(open, '').replaceAll(close, ''));

// A sealed part inside of another would end it.
const seal = (value: RunText): string => value.replaceAll(open, '\uE002').replaceAll(close, '\uE003');
const unseal = (text: string): RunText => text.replaceAll('\uE002', open).replaceAll('\uE003', close);

/** The value's text where all of it is known. */
export function plainText(value: RunText): string | undefined {
  return value.includes(open) ? undefined : value;
}

/** Why a value can't be told, or undefined when it can. */
export function whyUnknown(value: RunText): string | undefined {
  return [...value.matchAll(/\uE000unknown\t([^\uE001]*)\uE001/g)][0]?.[1];
}

/** The variables that a value has, and the expressions behind those that the runner doesn't give by itself. */
export function variablesIn(value: RunText): { readonly name: string; readonly expression: string }[] {
  return [...value.matchAll(marks)].flatMap(([, inner = '']) => {
    const [is, name = '', expression = '', given] = inner.split('\t');
    return is === 'variable' && given === '' ? [{ name, expression }] : [];
  });
}

/** The value as tagboat.yaml writes it. `image` names the image behind a digest; without it, braces mean nothing there. */
export function asConfig(value: RunText, image?: (reference: RunText) => string): string {
  return value
    .split(/(\uE000[^\uE001]*\uE001)/)
    .map((part) => {
      if (!part.startsWith(open)) {
        const text = part.replaceAll('${', '$${');
        return image === undefined ? text : text.replace(/\{([a-zA-Z]+(?:\.[\w-]+)?)\}/g, '{{$1}}');
      }
      const [is, name = ''] = part.slice(1, -1).split('\t');
      if (is === 'variable') return `\${${name}}`;
      return is === 'digest' ? `{digest.${image?.(unseal(name)) ?? ''}}` : `{${is}}`;
    })
    .join('');
}

/** The value as a workflow writes it. */
export function asExpression(value: RunText): string {
  const names: Readonly<Record<string, string>> = { commit: 'github.sha', branch: 'github.ref_name' };
  return value.replace(marks, (_, inner: string) => {
    const [is = '', name = '', expression = ''] = inner.split('\t');
    return is === 'variable' ? `\${{ ${expression} }}` : `\${{ ${names[is] ?? name} }}`;
  });
}

/** The value as people are told of it. */
export function shownValue(value: RunText): string {
  return value.replace(marks, (_, inner: string) => {
    const [is, name = ''] = inner.split('\t');
    return is === 'variable' ? `\${${name}}` : is === 'unknown' ? '…' : `{${is}}`;
  });
}

/** The first characters of a value. Only the commit has a shorter form that Tagboat knows. */
export function firstDigits(value: RunText, digits: number, wholeCommits: boolean): RunText {
  const text = plainText(value);
  if (text !== undefined) return text.slice(0, digits);
  if (value !== commitValue) return unknownValue(`it is the first ${digits} characters of something`);
  if (digits >= 40 || wholeCommits) return commitValue;
  if (digits === 12) return shortCommitValue;
  return unknownValue(
    `it has ${digits} digits of the commit, and {shortCommit} has 12; --whole-commits takes {commit} in its place`,
  );
}
