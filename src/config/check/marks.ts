import type { ImageShape } from '../shape/image.ts';
import { ofSource } from '../shape/template.ts';
import type { Checks } from './checks.ts';

/** Labels or annotations, which programs are told as NAME=VALUE, as their templates. */
export function checkMarks(
  path: (string | number)[],
  raw: NonNullable<ImageShape['labels']>,
  checks: Checks,
): Record<string, string> {
  const form = 'named by letters, digits, ".", "_", "/" and "-", such as org.opencontainers.image.version';
  const marks = Object.entries(raw).map(([name, value]): [string, string] => {
    checks.mustBe([...path, name], /^[A-Za-z0-9][\w./-]{0,254}$/.test(name) ? undefined : form, 'key');
    checks.template([...path, name], String(value), { alone: [...ofSource, 'tag'], ofImage: [], images: [] });
    if (String(value).includes('\0')) checks.refuse([...path, name], 'holds a NUL character');
    return [name, String(value)];
  });
  return Object.fromEntries(marks);
}
