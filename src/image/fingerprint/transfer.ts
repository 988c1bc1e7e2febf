import { heredocText } from '../dockerfile/dockerfile.ts';
import { isFetched, isPinnedGit } from '../dockerfile/fetched.ts';
import type { Said } from '../dockerfile/instruction.ts';
import type { Origin } from '../dockerfile/stages.ts';
import { encoded, type Value, valueOf } from './scope.ts';
import { addFiles, type Code, type Standing } from './standing.ts';
import { Undecided } from './undecided.ts';

/** A COPY or ADD with what it brings: files of the context by their contents, those of a stage or image by its digest. */
export async function encodeTransfer(instruction: Said<'copy'> | Said<'add'>, standing: Standing): Promise<Code> {
  const { value } = standing;
  const chmod = value(instruction.chmod ?? '');
  const code: Code[] = [
    instruction.is,
    encoded(value(instruction.dest.text)),
    encoded(value(instruction.chown ?? '')),
    encoded(chmod),
    String(instruction.link),
    instruction.exclude.map((pattern) => encoded(value(pattern))),
    instruction.is === 'copy'
      ? String(instruction.parents)
      : [
          encoded(value(instruction.checksum ?? '')),
          String(instruction.keepGitDir ?? ''),
          String(instruction.unpack ?? ''),
        ],
  ];
  const from = instruction.is === 'copy' && instruction.from !== undefined;
  const origin = standing.stage.copies.get(instruction);
  if (from && origin === undefined) throw new Undecided(`${standing.place(instruction)} copies from an unknown place`);
  const folder = origin?.is === 'folder' ? origin : undefined;
  if (origin?.is === 'folder') code.push(['folder']);
  else if (origin !== undefined) code.push(await standing.origin(origin));
  for (const { text } of instruction.sources) {
    if (origin !== undefined && folder === undefined) {
      code.push(['source', encoded(value(text))]);
      continue;
    }
    const source = standing.text(text);
    code.push(['source', source], await sourceCode(source, chmod, folder, instruction, standing));
  }
  for (const file of instruction.files) {
    const options = { escape: '\\', plainQuotes: true };
    const text = heredocText(file);
    code.push(['heredoc', file.name, file.expand ? encoded(valueOf(text, standing.scope, options)) : `=${text}`]);
  }
  return code;
}

async function sourceCode(
  source: string,
  chmod: Value,
  folder: Extract<Origin, { is: 'folder' }> | undefined,
  instruction: Said<'copy'> | Said<'add'>,
  standing: Standing,
): Promise<Code> {
  const { work } = standing;
  if (isFetched(source)) {
    const isFixed = instruction.is === 'copy' || instruction.checksum !== undefined || isPinnedGit(source);
    if (isFixed) return ['fetched'];
    const line = standing.place(instruction);
    if (!work.question.refreshes) {
      throw new Undecided(`${line} fetches ${source} without a --checksum, and that may be another one each time`);
    }
    work.careful.add(`What ${line} fetches from ${source} is fetched again when the image is refreshed.`);
    return ['fetched'];
  }
  const parents = instruction.is === 'copy' && instruction.parents;
  // Patterns with variables in them leave nothing out: builders differ in whether they replace them.
  const exclude = instruction.exclude.some((pattern) => pattern.includes('$')) ? [] : instruction.exclude;
  const taken = await work.reader.files({
    source,
    chmod: chmod.known ? chmod.text : undefined,
    exclude,
    parents,
    folder: folder?.dir,
  });
  addFiles(taken, folder?.name, work);
  return ['files', taken.digest];
}
