import type { Recogniser } from '../shell/run.ts';
import { recogniseDocker } from './docker.ts';
import { recogniseKustomize, recogniseSed, recogniseYq } from './files.ts';
import { recogniseGit } from './git.ts';
import { plainPrograms } from './plain.ts';

/** The programs that are understood in a script, by their names. */
export const programs: Readonly<Record<string, Recogniser>> = {
  ...plainPrograms,
  docker: recogniseDocker,
  git: recogniseGit,
  yq: recogniseYq,
  sed: recogniseSed,
  kustomize: recogniseKustomize,
};
