import { configJsonSchema } from '../../config/shape/schema.ts';
import type { Body } from '../run/session.ts';

/** `tagboat schema`: what `tagboat.schema.json` holds. */
export function schema(): Body {
  return async (session) => {
    const value = configJsonSchema();
    session.print(`${JSON.stringify(value, null, 2)}\n`);
    return { value };
  };
}
