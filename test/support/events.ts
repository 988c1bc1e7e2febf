import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';

interface Branch {
  readonly properties: Readonly<Record<string, { readonly const?: string; readonly enum?: readonly string[] }>>;
}

const file = resolve(import.meta.dirname, '../../tagboat.events.schema.json');
const ajv = new Ajv({ strict: false, validateSchema: false });
const known = new Map<number, ValidateFunction>();
let schema: { readonly $id: string; readonly anyOf: readonly Branch[] } | undefined;

/** What the schema of events has against a line that `--json` printed: nothing, if it is one. */
export function faultsOf(event: object): string[] {
  if (schema === undefined) {
    schema = JSON.parse(readFileSync(file, 'utf8')) as NonNullable<typeof schema>;
    ajv.addSchema(schema);
  }
  const { type, command, code } = event as { type?: string; command?: string; code?: string };
  // By its own case alone: why an event is none of thirty says nothing. Each is compiled once it is needed.
  const at = schema.anyOf.findIndex(({ properties }) => {
    const { const: only, enum: several = only === undefined ? [] : [only] } = properties.command ?? {};
    const { const: notice = code } = properties.code ?? {};
    return properties.type?.const === type && notice === code && (type !== 'result' || several.includes(command ?? ''));
  });
  if (at < 0) return [`no event ${type} ${code ?? ''} of ${command}`];
  const validate = known.get(at) ?? ajv.compile({ $ref: `${schema.$id}#/anyOf/${at}` });
  known.set(at, validate);
  if (validate(event)) return [];
  const faults = (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
  return [`${type}: ${faults.join('\n')}\n${JSON.stringify(event)}`];
}
