import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createGenerator, type Schema } from 'ts-json-schema-generator';

const root = join(import.meta.dirname, '../..');

/**
 * The JSON Schema of a line of `--json`, from the types. What stands in none of them is refused. No package has a part
 * in these types, and reading packages' declarations takes most of the time: events.tsconfig.json has every package taken
 * for a file without any.
 */
export function eventsSchema(): Schema {
  const { definitions, ...rest } = createGenerator({
    path: join(root, 'src/events/json-event.ts'),
    tsconfig: join(import.meta.dirname, 'events.tsconfig.json'),
    type: 'JsonEvent',
    skipTypeCheck: true,
    additionalProperties: false,
    expose: 'export',
    topRef: false,
  }).createSchema('JsonEvent');
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const major = `v${version.split('.')[0]}`;
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: `https://raw.githubusercontent.com/tagboat/tagboat/${major}/tagboat.events.schema.json`,
    title: `An event of tagboat --json, ${major}`,
    ...rest,
    definitions,
  };
}
