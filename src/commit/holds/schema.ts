import * as z from 'zod';
import { TagboatError } from '../../errors.ts';
import type { Hold } from '../../plan/holds.ts';

const text = z.string().min(1).max(4_096);
// With an offset or Z: a time of nowhere in particular would end a hold at another hour on each machine.
const time = z.iso.datetime({ offset: true });

const shape = z.strictObject({
  version: z.literal(1),
  holds: z
    .array(
      z.strictObject({
        file: text,
        path: text,
        value: z.string().max(65_536),
        by: text,
        why: text,
        since: time,
        until: time.optional(),
        app: text.optional(),
        delivery: text.optional(),
      }),
    )
    .max(1_000),
});

/** The holds in the file's bytes. Throws HOLDS_INVALID: an unknown key may be a hold's end misspelt. */
export function parseHolds(file: string, bytes: Uint8Array): readonly Hold[] {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw invalid(file, error instanceof Error ? error.message : 'it is no JSON', error);
  }
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data.holds;
  const [issue] = parsed.error.issues;
  const version = issue?.path[0] === 'version' ? ' A newer Tagboat may have written it.' : '';
  throw invalid(
    file,
    `${issue?.path.join('.') || 'the whole'}: ${issue?.message ?? 'it is not as it should be'}.${version}`,
  );
}

function invalid(file: string, why: string, cause?: unknown): TagboatError {
  return new TagboatError('HOLDS_INVALID', { file, why }, { place: { file }, cause });
}
