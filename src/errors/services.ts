import { entry, exitCodes } from './codes.ts';

const exit = exitCodes.config;

/** Images that `tagboat.yaml` doesn't name one by one: an entry stands for folders, whose Dockerfiles are looked up. */
export const serviceErrors = {
  FOLDERS_NOT_FOUND: entry<{ file: string; pattern: string; why: string }>(
    exit,
    ({ file, pattern, why }) => `images["${pattern}"] in ${file} stands for no image: ${why}.`,
    () =>
      "The pattern is of folders from the app repo's root, such as services/*; each that has a Dockerfile is an image.",
  ),
  FOLDERS_TOO_MANY: entry<{ file: string; pattern: string; why: string }>(
    exit,
    ({ file, pattern, why }) => `images["${pattern}"] in ${file} stands for too much: ${why}.`,
    () => 'Begin the pattern with the folder that the services are in, and use * for one level: services/*.',
  ),
  FOLDER_WITHOUT_DOCKERFILE: entry<{ file: string; pattern: string; name: string; why: string }>(
    exit,
    ({ file, pattern, name, why }) => `images["${pattern}"] in ${file} names ${name}, which is no image: ${why}.`,
    () => 'Write its Dockerfile, or take the name out of the list.',
  ),
  FOLDER_UNUSABLE: entry<{ file: string; pattern: string; folder: string; why: string }>(
    exit,
    ({ file, pattern, folder, why }) => `images["${pattern}"] in ${file} stands for ${folder} too, which ${why}.`,
    () => 'Name the folder otherwise, or leave it out: `except: [NAME]`, by the name that {name} is.',
  ),
  IMAGES_NOT_LOOKED_UP: entry<{ file: string; pattern: string }>(
    exit,
    ({ file, pattern }) => `images["${pattern}"] in ${file} stands for what was not looked up here.`,
    () => 'In a program: hand parseConfig the answers of lookUp to what peekConfig tells.',
  ),
} as const;
