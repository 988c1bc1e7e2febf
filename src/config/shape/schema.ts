import * as z from 'zod';
import { shape } from './shape.ts';

/** The JSON Schema of tagboat.yaml, for editors: draft 7, which the YAML language server understands best. */
export function configJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(shape, { target: 'draft-7', io: 'input' });
  const { $schema, ...rest } = schema as Record<string, unknown>;
  return { $schema, title: 'tagboat.yaml', ...rest };
}
