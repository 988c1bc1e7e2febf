import type { Place } from '../../errors.ts';
import { at, jsonIn } from '../../wire/fields.ts';
import { chomped, heredocsOf } from './heredoc.ts';
import type { Argument, From, Heredoc, Instruction, InstructionPlace, Position } from './instruction.ts';
import { invalid, placed } from './invalid.ts';
import { type Directives, type Line, type LineReader, readLines } from './lines.ts';
import { parse, startOf } from './parse.ts';
import { type Split, split } from './words.ts';

/** A stage as written: its FROM and what follows. */
export interface DockerfileStage extends From, InstructionPlace {
  readonly index: number;
  readonly instructions: readonly Instruction[];
}

/** ARG before the first FROM. */
export interface GlobalArgument extends Argument, InstructionPlace {}

/** A Dockerfile, read and checked as far as that goes without variables. */
export interface Dockerfile {
  readonly file: string;
  readonly directives: Directives;
  readonly globals: readonly GlobalArgument[];
  readonly stages: readonly DockerfileStage[];
  /** The place of an instruction, for errors. */
  readonly place: (at: Position) => Place;
}

/** Reads a Dockerfile by BuildKit's rules, expanding and resolving nothing. Throws DOCKERFILE_INVALID with a place. */
export function readDockerfile(text: string, file: string): Dockerfile {
  const reader = readLines(text, file);
  const globals: GlobalArgument[] = [];
  const stages: (DockerfileStage & { readonly instructions: Instruction[] })[] = [];
  for (let line = reader.next(); line !== undefined; line = reader.next()) {
    const instruction = readInstruction(line, reader);
    const stage = stages.at(-1);
    if (instruction.is === 'from') {
      stages.push({ ...instruction, index: stages.length, instructions: [] });
    } else if (stage !== undefined) {
      stage.instructions.push(instruction);
    } else if (instruction.is === 'arg') {
      const { at, lastLine, source } = instruction;
      globals.push(...instruction.args.map((argument) => ({ ...argument, at, lastLine, source })));
    } else {
      throw invalid(reader.place(instruction.at), `${instruction.is.toUpperCase()} stands before the first FROM`);
    }
  }
  if (stages.length === 0) throw invalid({ file }, 'there is no FROM in it');
  return { file, directives: reader.directives, globals, stages, place: reader.place };
}

/** What the `# syntax=` directive says, also of a file that is no Dockerfile: BuildKit reads `//` and JSON too. */
export function readSyntax(text: string): string | undefined {
  try {
    return readLines(text, '').directives.syntax ?? foreignSyntax(text);
  } catch {
    return foreignSyntax(text);
  }
}

function foreignSyntax(text: string): string | undefined {
  const commented = /^(?:#!.*\n)?(?:\/\/\s*(?:escape|check)\s*=.*\n)*\/\/\s*syntax\s*=\s*(\S.*)/i.exec(text)?.[1];
  if (commented !== undefined) return commented.trimEnd();
  const syntax = at(jsonIn(text), 'syntax');
  return typeof syntax === 'string' ? syntax : undefined;
}

/** One ONBUILD trigger of a base image as an instruction that stands where the stage's FROM does. */
export function readTrigger(trigger: string, stage: DockerfileStage, dockerfile: Dockerfile): Instruction {
  return placed(
    () => dockerfile.place(stage.at),
    () => {
      const reader = readLines(trigger, `ONBUILD of ${stage.base.text}`);
      const line = reader.next();
      if (line === undefined) throw invalid(dockerfile.place(stage.at), 'its base image has an empty ONBUILD trigger');
      return { ...readInstruction(line, reader), at: stage.at, lastLine: stage.lastLine };
    },
  );
}

function readInstruction(line: Line, reader: LineReader): Instruction {
  const { escape } = reader.directives;
  const parts = split({ text: line.text, from: 0 }, escape);
  const at = startOf({ line, parts });
  const place = () => reader.place(at);
  const files = placed(place, () => readHeredocs(line, parts, reader, at));
  const saying = placed(place, () => parse({ line, parts, escape, files }));
  return { ...saying, at, lastLine: reader.line, source: line.text.trim() };
}

function readHeredocs(line: Line, parts: Split, reader: LineReader, at: Position): Heredoc[] {
  return heredocsOf(parts, line.text, reader.directives.escape).map((announced) => {
    const content = reader.heredoc(announced.name, announced.chomp);
    if (content === undefined) throw invalid(reader.place(at), `the heredoc ${announced.name} has no end`);
    return { ...announced, content };
  });
}

/** A heredoc's text as it is copied. */
export function heredocText(heredoc: Heredoc): string {
  return heredoc.chomp ? chomped(heredoc.content) : heredoc.content;
}
