import type { DeliveryConfig, FromConfig } from '../shape/checked.ts';
import { whyNoRepoFile } from '../shape/grammar.ts';
import type { DeliveryShape } from '../shape/shape.ts';
import { parseTemplate } from '../shape/template.ts';
import type { Checks } from './checks.ts';

/** The prefix of a template that the config repo has. */
const ofConfig = 'config:';

/** Whether a delivery takes pull requests and nothing else, so that each of its runs has a number. */
export function isOfPullRequests({ branches, tags, pullRequests }: FromConfig): boolean {
  return pullRequests && branches.length + tags.length === 0;
}

/** Files that a delivery writes whole for each pull request. */
export function checkWrite(
  delivery: string,
  { write: raw, via, onUnhealthy }: DeliveryShape,
  from: FromConfig,
  checks: Checks,
): DeliveryConfig['write'] {
  if (raw === undefined) return [];
  const at = (...steps: string[]) => ['deliveries', delivery, 'write', ...steps];
  if (!isOfPullRequests(from)) {
    checks.refuse(at(), 'writes a file for each pull request: it goes with from: { pullRequests: true } alone', 'key');
  }
  if (via === 'pullRequest') {
    checks.refuse(at(), 'goes with via: git or github: a preview that waits for review is none', 'key');
  }
  if (onUnhealthy === 'rollback') {
    checks.refuse(['deliveries', delivery, 'onUnhealthy'], 'can be rollback for values alone, and this has `write:`');
  }
  const files = Object.keys(raw);
  if (files.length === 0) checks.refuse(at(), 'names no file', 'key');
  return Object.entries(raw).map(([file, template]) => {
    checks.mustBe(at(file), whyNoRepoFile(file), 'key');
    const variables = parseTemplate(file).filter((piece) => typeof piece !== 'string');
    // Retiring must find it again knowing no more than the number.
    if (variables.length === 0 || variables.some(({ name, of }) => name !== 'pr' || of !== undefined))
      checks.refuse(at(file), 'must have {pr} and no other variable, so that it can be removed by the number', 'key');
    if (/^\.tagboat(?:\/|$)/i.test(file)) checks.refuse(at(file), "is in Tagboat's own folder", 'key');
    if (file !== file.trim()) checks.refuse(at(file), 'begins or ends in a blank', 'key');
    if (files.some((other) => other.startsWith(`${file}/`)))
      checks.refuse(at(file), 'would be a file, and another file is in a folder of that name', 'key');
    const of = template.startsWith(ofConfig) ? 'config' : 'app';
    const path = of === 'config' ? template.slice(ofConfig.length) : template.replace(/^\.\//, '');
    checks.mustBe(at(file), whyNoRepoFile(path));
    return { file, template: { file: path, of } };
  });
}

/** Refuses a file that two deliveries would write: each of their runs would undo the other's. */
export function checkWrittenOnce(deliveries: readonly DeliveryConfig[], checks: Checks): void {
  const writers = new Map<string, string>();
  for (const { name, repo, branch, write } of deliveries) {
    for (const { file } of repo === '' ? [] : write) {
      const target = JSON.stringify([repo, branch, file]);
      const other = writers.get(target);
      if (other === undefined) writers.set(target, name);
      else checks.refuse(['deliveries', name, 'write', file], `is a file that ${other} writes already`, 'key');
    }
  }
}
