import { TagboatError } from '../../../errors.ts';
import type { FileWrite, WrittenFile } from '../../../plan/pull-request.ts';
import type { Snapshot } from '../../../wire/git/snapshot.ts';
import { fillFile } from './fill.ts';

const largest = 1024 * 1024;

interface Done extends Pick<WrittenFile, 'is'> {
  readonly before: Uint8Array | undefined;
  readonly after: Uint8Array | undefined;
}

/** What writing one file whole does; undefined where it is so already. Pure. Throws as `fillFile` does, and FILE_TOO_LARGE. */
export function writeFile({ files }: Snapshot, { file, template, values }: FileWrite): Done | undefined {
  const contentOf = (path: string): Uint8Array | undefined => {
    const end = files.get(path);
    return end?.is === 'file' ? end.blob.content : undefined;
  };
  const before = contentOf(file);
  if (template === undefined) return before && { is: 'removed', before, after: undefined };
  const bytes = template.of === 'config' ? contentOf(template.file) : template.bytes;
  if (bytes === undefined) throw new RangeError(`the template ${template.file} wasn't read`);
  const shown = template.of === 'config' ? `config:${template.file}` : template.file;
  const after = fillFile({ file, template: shown, bytes, values });
  if (after.byteLength > largest) {
    throw new TagboatError('FILE_TOO_LARGE', { file, size: after.byteLength, limit: largest });
  }
  if (before !== undefined && Buffer.compare(before, after) === 0) return undefined;
  return { is: before === undefined ? 'created' : 'replaced', before, after };
}
