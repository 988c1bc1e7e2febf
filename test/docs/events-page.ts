/** A part of the events' JSON Schema, as far as the page reads it. */
interface Part {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Part[];
  readonly items?: Part;
  readonly properties?: Readonly<Record<string, Part>>;
  readonly required?: readonly string[];
  readonly definitions?: Readonly<Record<string, Part>>;
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', ' ');

function kindOf(part: Part): string {
  if (part.$ref !== undefined) return linkTo(part.$ref);
  if (part.const !== undefined) return `\`${JSON.stringify(part.const)}\``;
  if (part.enum !== undefined) return part.enum.map((one) => `\`${JSON.stringify(one)}\``).join(', ');
  if (part.anyOf !== undefined) return part.anyOf.map(kindOf).join(' or ');
  if (part.type === 'array') return `list of ${part.items === undefined ? 'anything' : kindOf(part.items)}`;
  if (part.properties !== undefined) return `{ ${Object.entries(part.properties).map(fieldOf(part)).join(', ')} }`;
  const names: Readonly<Record<string, string>> = { string: 'text', boolean: 'true or false', object: 'map' };
  return [part.type ?? 'anything']
    .flat()
    .map((type) => names[type] ?? type)
    .join(' or ');
}

const linkTo = (ref: string): string => {
  const name = ref.replace('#/definitions/', '');
  return `[${name}](#${name.toLowerCase()})`;
};

const fieldOf =
  (part: Part) =>
  ([name, value]: [string, Part]): string =>
    `\`${name}\`${part.required?.includes(name) === true ? '' : '?'} ${kindOf(value)}`;

function table(part: Part, without: readonly string[] = []): string[] {
  const rows = Object.entries(part.properties ?? {})
    .filter(([name]) => !without.includes(name))
    .map(([name, value]) => {
      const optional = part.required?.includes(name) === true ? '' : ' May be missing.';
      return `| \`${name}\` | ${cell(kindOf(value))} | ${cell(`${value.description ?? ''}${optional}`.trim())} |`;
    });
  return rows.length === 0 ? [] : ['| field | is | |', '| - | - | - |', ...rows, ''];
}

/** A type of its own: its cases, or its fields. */
function definition([name, part]: [string, Part]): string[] {
  const cases = part.anyOf?.every(({ properties }) => properties !== undefined) === true ? part.anyOf : undefined;
  const told = [`### ${name}`, '', ...(part.description === undefined ? [] : [part.description, ''])];
  if (name === 'ErrorCode') return [...told, 'One of [the errors](errors.md).', ''];
  if (cases !== undefined) return [...told, ...cases.flatMap((one) => table(one))];
  return part.properties === undefined ? [...told, `${kindOf(part)}.`, ''] : [...told, ...table(part)];
}

/** Every event and all that is in them, from their JSON Schema. */
export function eventsPage(schema: Part): string {
  const of = (part: Part, name: string): unknown => part.properties?.[name]?.const;
  const told = (schema.anyOf ?? []).filter((part) => of(part, 'type') !== 'result');
  // Notices differ in their codes alone, which have a page of their own.
  const events = told.filter((part) => part === told.find((one) => of(one, 'type') === of(part, 'type')));
  const results = (schema.anyOf ?? []).filter((part) => of(part, 'type') === 'result');
  return [
    '# Events',
    '',
    'What `--json` prints: one event a line on stdout, each a JSON text, the last one always a `result`.',
    '[`tagboat.events.schema.json`](../../tagboat.events.schema.json) is the JSON Schema of a line, and',
    '`tagboat schema --events` prints that of the version that is installed. Within a major version nothing is taken away;',
    'what is added is added to the schema, which refuses all else. A field that has nothing to say is left out.',
    '',
    '```sh',
    'tagboat ship --json | jq -r \'select(.type == "commit.finished") | .outcome.is\'',
    '```',
    '',
    'Every event has `type` and `at`, its time (ISO 8601, UTC). Secrets are taken out of all of it. With `--quiet` only those',
    'events come that ask for somebody to look, and the result. Written by `npm run reference`.',
    '',
    ...events.flatMap((part) => [
      `## ${String(of(part, 'type'))}`,
      '',
      `${part.properties?.type?.description ?? ''}`,
      '',
      ...(of(part, 'type') === 'notice' ? ['`code` and `data`: [the notices](notices.md).', ''] : []),
      ...table(part, ['type', 'at', ...(of(part, 'type') === 'notice' ? ['code', 'data'] : [])]),
    ]),
    '## result',
    '',
    results[0]?.properties?.type?.description ?? '',
    '',
    ...table({ ...results[0], properties: { ...results[0]?.properties, value: {}, command: { type: 'string' } } }, [
      'type',
      'at',
    ]),
    '`value` is by the command, or null where an error kept the command from making one:',
    '',
    '| command | value |',
    '| - | - |',
    ...results.map((part) => {
      const { command = {}, value = {} } = part.properties ?? {};
      const names = [command.const ?? command.enum].flat().map((name) => `\`${String(name)}\``);
      const kinds = (value.anyOf ?? [value]).filter(({ type }) => type !== 'null').map(kindOf);
      return `| ${names.join(', ')} | ${cell(kinds.join(' or '))} |`;
    }),
    '',
    '## What is in them',
    '',
    ...Object.entries(schema.definitions ?? {})
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(definition),
  ].join('\n');
}
