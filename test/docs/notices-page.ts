import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Every notice with what it tells and what stands with it, from the types in src/events/notices.ts. */
export function noticesPage(): string {
  const text = readFileSync(join(import.meta.dirname, '../../src/events/notices.ts'), 'utf8');
  const named = new Map(
    [...text.matchAll(/^interface (\w+) {\n {2}(.*);\n}$/gm)].map(([, name = '', body = '']) => [name, body]),
  );
  const data = (type: string): string =>
    type
      .split(' & ')
      .map((part) => named.get(part) ?? part.replace(/^\{ | \}$/g, ''))
      .filter((part) => part !== 'None')
      .flatMap((part) => [...part.matchAll(/readonly (\w+): ([^;]+)/g)])
      .map(
        ([, name, kind = '']) =>
          `\`${name}\` (${kind.replaceAll('readonly ', '').replace('string[]', 'texts').replace('string', 'text').replaceAll('|', 'or').replaceAll("'", '')})`,
      )
      .join(', ');
  const rows = [...text.matchAll(/^ {2}\/\*\* (.+) \*\/\n {2}([A-Z_]+): (.+);$/gm)].sort(
    ([, , a = ''], [, , b = '']) => (a < b ? -1 : 1),
  );
  return `# Notices

What a run tells beside its steps and outcomes: events of the type [\`notice\`](events.md#notice). The message is for people
and may change; a program tells notices apart by their \`code\`, and reads \`data\`. Written by \`npm run reference\` from
[\`src/events/notices.ts\`](../../src/events/notices.ts).

\`\`\`sh
tagboat ship --json | jq -r 'select(.type == "notice" and .code == "TAG_MOVED") | .data.image'
\`\`\`

| code | tells | data |
| - | - | - |
${rows.map(([, words, code, type = '']) => `| \`${code}\` | ${words} | ${data(type)} |`).join('\n')}
`;
}
