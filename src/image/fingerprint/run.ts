import type { Said } from '../dockerfile/instruction.ts';
import { split } from '../dockerfile/words.ts';
import { encoded } from './scope.ts';
import { addArgument, addFiles, type Code, type Standing } from './standing.ts';
import { Undecided } from './undecided.ts';

type Mount = Said<'run'>['mounts'][number];

/** A RUN with all that it can see: its words, its environment, its mounts. What it fetches can't be seen. */
export async function encodeRun(instruction: Said<'run'>, standing: Standing): Promise<Code> {
  const { form, words, files, mounts, source } = instruction;
  const { escape } = standing.work.question.dockerfile.directives;
  const flags = split({ text: source, from: 0 }, escape).flags.filter((flag) => !flag.startsWith('--mount'));
  for (const name of standing.variables.keys()) addArgument(name, standing.work);
  const environment = [...standing.variables]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => [name, encoded(value)]);
  return [
    'run',
    form,
    words,
    files.map(({ name, expand, chomp, content }) => [name, String(expand), String(chomp), content]),
    [...flags].sort(),
    environment,
    encoded(standing.user),
    form === 'shell' ? standing.shell : '',
    await Promise.all(mounts.map((mount) => encodeMount(mount, instruction, standing))),
  ];
}

async function encodeMount(mount: Mount, instruction: Said<'run'>, standing: Standing): Promise<Code> {
  const line = standing.place(instruction);
  const fields = Object.entries(mount).map(([name, value]) => [name, encoded(standing.value(value))]);
  const code: Code[] = ['mount', ...fields.sort(([a = ''], [b = '']) => (a < b ? -1 : 1))];
  const isQuoted = fields.some((field) => field.some((text) => text.includes('"')));
  const from = mount.from !== undefined || (isQuoted && /\bfrom=/.test(instruction.source));
  const origin = [...standing.stage.copies].find(([key]) => key.is === 'run' && key.mounts[0] === mount)?.[1];
  if (from && origin === undefined) throw new Undecided(`${line} mounts from what only the builder can tell`);
  if (origin !== undefined && origin.is !== 'folder') return [...code, await standing.origin(origin)];
  // Without a type it is a bind mount; all other kinds bring nothing from the context.
  if (!isQuoted && origin === undefined && standing.text(mount.type ?? 'bind') !== 'bind') return code;
  if (isQuoted) standing.work.careful.add(`The mount of ${line} has quotes in it, so the whole context counts.`);
  const written = isQuoted ? undefined : (mount.source ?? mount.src);
  const taken = await standing.work.reader.files({
    source: standing.text(written ?? '/'),
    folder: origin?.dir,
    itself: true,
  });
  addFiles(taken, origin?.name, standing.work);
  return [...code, ['files', taken.digest]];
}
