import { configJsonSchema } from '../../src/config/shape/schema.ts';

/** A part of a JSON Schema, as far as the page reads it. */
interface Part {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly anyOf?: readonly Part[];
  readonly items?: Part;
  readonly properties?: Readonly<Record<string, Part>>;
  readonly additionalProperties?: Part | boolean;
  readonly required?: readonly string[];
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', ' ');

function kindOf(part: Part): string {
  if (part.const !== undefined) return `\`${JSON.stringify(part.const)}\``;
  if (part.enum !== undefined) return part.enum.map((one) => `\`${String(one)}\``).join(', ');
  if (part.anyOf !== undefined) return [...new Set(part.anyOf.map(kindOf))].join(' or ');
  if (part.type === 'array') return `list of ${kindOf(part.items ?? {})}`;
  if (part.type === 'object') return 'map';
  const range = part.minimum === undefined ? '' : ` ${part.minimum} to ${part.maximum ?? '…'}`;
  const names: Readonly<Record<string, string>> = { string: 'text', boolean: 'true or false', integer: 'number' };
  return [part.type ?? 'text']
    .flat()
    .map((type) => (names[type] ?? type) + (type === 'integer' || type === 'number' ? range : ''))
    .join(' or ');
}

function rows(part: Part, path: string): string[] {
  const maps = [part, ...(part.anyOf ?? []), ...(part.items === undefined ? [] : [part.items])];
  return maps.flatMap((map) => {
    const named = Object.entries(map.properties ?? {}).flatMap(([key, value]) => {
      const at = path === '' ? key : `${path}.${key}`;
      const words = [value.description ?? ''];
      if (map.required?.includes(key)) words.push('Required.');
      if (value.default !== undefined) words.push(`Default: \`${JSON.stringify(value.default)}\`.`);
      if (value.examples !== undefined)
        words.push(
          `Such as ${value.examples.map((one) => `\`${typeof one === 'string' ? one : JSON.stringify(one)}\``).join(', ')}.`,
        );
      return [
        `| \`${at}\` | ${kindOf(value)} | ${cell(words.filter((one) => one !== '').join(' '))} |`,
        ...rows(value, at),
      ];
    });
    const any = map.additionalProperties;
    return typeof any === 'object' && any.properties !== undefined ? [...named, ...rows(any, `${path}.NAME`)] : named;
  });
}

/** Every key of tagboat.yaml, from its JSON Schema. */
export function configPage(): string {
  const schema = configJsonSchema() as Part;
  return [
    '# `tagboat.yaml`',
    '',
    'Every key, as [`tagboat.schema.json`](../../tagboat.schema.json) has it. Editors complete and check the file by that schema;',
    '`NAME` stands for a name of yours. Written by `npm run reference`.',
    '',
    'Secrets never stand here: `$` with a name in braces is filled in from the environment, and what looks like a secret is refused, and so is',
    'every variable that is masked, by its name (`*_TOKEN`, `*_KEY`, `*_PWD`, `PAT`, …) and by its value. What an older commit and',
    'a hold do to a delivery: [who wins](../explanation/who-wins.md).',
    '',
    '| key | is | means |',
    '| - | - | - |',
    ...rows(schema, ''),
    '',
  ].join('\n');
}
