import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Finding } from '../../plan/finding.ts';
import { schemaLine } from '../run/version.ts';
import type { DeliveringJob } from './workflows.ts';

/** What can be mended without asking anybody. Files are named from the app repo's root. */
export type Fix =
  | { readonly is: 'permission'; readonly job: DeliveringJob; readonly right: string; readonly level: string }
  | { readonly is: 'ignoreFile'; readonly file: string }
  | { readonly is: 'schemaLine'; readonly file: string };

export type Mendable = Finding & { readonly mend?: Fix | undefined };

/** Mends what can be mended in the files of `dir`; answers the findings that are over by that. */
export async function mendAll(dir: string, findings: readonly Mendable[]): Promise<Mendable[]> {
  const done: Mendable[] = [];
  const rights = new Map<DeliveringJob, Mendable[]>();
  for (const finding of findings) {
    const { mend } = finding;
    if (mend?.is === 'permission') rights.set(mend.job, [...(rights.get(mend.job) ?? []), finding]);
    if (mend?.is === 'ignoreFile') {
      // Never over one that came meanwhile.
      await writeFile(join(dir, mend.file), '.git\nnode_modules\n', { flag: 'wx' });
      done.push(finding);
    }
    if (mend?.is === 'schemaLine') {
      const text = await readFile(join(dir, mend.file), 'utf8');
      await writeFile(join(dir, mend.file), schemaLine.replace('\n', lineEnd(text)) + text);
      done.push(finding);
    }
  }
  // From the end, so that the places of jobs above stay what they are.
  const jobs = [...rights].sort(([a], [b]) => b.insert.offset - a.insert.offset);
  for (const [job, missing] of jobs) {
    const text = await readFile(join(dir, job.file), 'utf8');
    const mended = withRights(text, job, missing);
    if (mended === undefined) continue;
    await writeFile(join(dir, job.file), mended);
    done.push(...missing);
  }
  return done;
}

/** The workflow with the rights that a job lacks; every other byte stays. Undefined where its form leaves no safe place. */
function withRights(
  text: string,
  { insert, permissions }: DeliveringJob,
  missing: readonly Mendable[],
): string | undefined {
  const { offset, indent, inside, closed } = insert;
  if (closed || typeof permissions === 'string') return undefined;
  const wanted = missing.flatMap(({ mend }) => (mend?.is === 'permission' ? [[mend.right, mend.level] as const] : []));
  const held = [...(permissions ?? [])];
  // One that is there with too little would stand twice.
  if (wanted.some(([right]) => permissions?.has(right) === true)) return undefined;
  const lines = inside
    ? wanted.map(([right, level]) => `${indent}${right}: ${level}\n`)
    : // A job's own rights take the place of its workflow's.
      [`${indent}permissions:\n`, ...[...held, ...wanted].map(([right, level]) => `${indent}  ${right}: ${level}\n`)];
  return text.slice(0, offset) + lines.join('').replaceAll('\n', lineEnd(text)) + text.slice(offset);
}

function lineEnd(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}
