import { cloudFormation } from './aws/cloudformation.ts';
import { awsCommands } from './aws/commands.ts';
import { terraform } from './aws/terraform.ts';
import type { Choices, NewFile } from './choices.ts';
import { awsNeeds, type InitOptions, shortName } from './choose.ts';
import { configRepoFiles } from './config-repo.ts';
import { configText } from './tagboat-yaml.ts';
import { pipeline } from './workflow.ts';

/** How AWS's part is written. */
export type AwsForm = 'cloudformation' | 'terraform' | 'cli';

const awsFiles: Readonly<Record<AwsForm, readonly [file: string, write: typeof cloudFormation]>> = {
  cloudformation: ['aws/tagboat.cloudformation.yaml', cloudFormation],
  terraform: ['aws/tagboat.tf', terraform],
  cli: ['aws/tagboat.sh', awsCommands],
};

/** Every file of a new set-up; those of the config repo stand in `configDir`. Pure. */
export function initFiles(
  choices: Choices,
  options: Pick<InitOptions, 'with' | 'layout'>,
  as: AwsForm,
  configDir: string,
): NewFile[] {
  const files: NewFile[] = [{ file: 'tagboat.yaml', text: configText(choices) }, pipeline(choices)];
  if (options.with.includes('config-repo')) {
    for (const one of configRepoFiles(options.layout, choices, shortName(choices.app)))
      files.push({ ...one, file: `${configDir}/${one.file}` });
  }
  if (options.with.includes('aws')) {
    const [file, write] = awsFiles[as];
    files.push({ file, text: write(awsNeeds(choices)) });
  }
  return files;
}
