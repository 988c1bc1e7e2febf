import { configJsonSchema } from '../../config/shape/schema.ts';
import type { Body } from '../run/session.ts';

/** `tagboat schema`: the JSON Schema of tagboat.yaml, or of what `--json` prints. */
export function schema({ events }: { readonly events: boolean }): Body {
  return async (session) => {
    const value = events
      ? (await import('../../../tagboat.events.schema.json', { with: { type: 'json' } })).default
      : configJsonSchema();
    session.print(`${JSON.stringify(value, null, 2)}\n`);
    return { value };
  };
}
