import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

interface Described {
  readonly description: string;
  readonly default?: string;
}

/** The Action's inputs and outputs, from action.yml. */
export function actionPage(): string {
  const action = parse(readFileSync(join(import.meta.dirname, '../../action.yml'), 'utf8')) as {
    readonly inputs: Readonly<Record<string, Described>>;
    readonly outputs: Readonly<Record<string, Described>>;
  };
  const row = ([name, { description, default: usual }]: [string, Described], shown: boolean): string =>
    `| \`${name}\` | ${description.trim().replaceAll('|', '\\|').replaceAll('<', '&lt;')} |${shown ? ` ${usual === undefined ? '' : `\`${usual}\``} |` : ''}`;
  return [
    '# The Action',
    '',
    'Inputs and outputs of `uses: tagboat/tagboat`, from [`action.yml`](../../action.yml). Written by `npm run reference`.',
    '',
    '## Inputs',
    '',
    '| input | is | default |',
    '| - | - | - |',
    ...Object.entries(action.inputs).map((one) => row(one, true)),
    '',
    '## Outputs',
    '',
    '| output | is |',
    '| - | - |',
    ...Object.entries(action.outputs).map((one) => row(one, false)),
    '',
  ].join('\n');
}
