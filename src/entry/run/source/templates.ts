import { lstat, readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { TagboatError } from '../../../errors.ts';
import type { WriteTemplate } from '../../../plan/pull-request.ts';
import type { DeliveryPlan, RunPlan } from '../../../plan.ts';

const largest = 1024 * 1024;

/** The plan with what its deliveries write made of the app repo's files as they are checked out. Throws WRITE_TEMPLATE_UNREADABLE. */
export async function withTemplates(plan: RunPlan, dir: string): Promise<RunPlan> {
  if (plan.deliveries.every(({ writes }) => writes === undefined)) return plan;
  const root = await realpath(dir);
  const read = async (delivery: DeliveryPlan): Promise<DeliveryPlan> => {
    if (delivery.writes === undefined) return delivery;
    const writes = delivery.writes.map(async (write) => {
      const { template } = write;
      if (template?.of !== 'app') return write;
      return { ...write, template: { ...template, bytes: await bytesOf(root, template, delivery.name) } };
    });
    return { ...delivery, writes: await Promise.all(writes) };
  };
  return { ...plan, deliveries: await Promise.all(plan.deliveries.map(read)) };
}

async function bytesOf(root: string, { file }: WriteTemplate, delivery: string): Promise<Uint8Array> {
  const refuse = (why: string): never => {
    throw new TagboatError('WRITE_TEMPLATE_UNREADABLE', { delivery, template: file, why }, { place: { file } });
  };
  const path = join(root, file);
  try {
    // A link would let whoever proposes it have any file of the job's machine written into the config repo.
    if ((await realpath(path)) !== path) refuse('a symbolic link is on the way to it');
    const found = await lstat(path);
    if (!found.isFile()) refuse('it is no plain file');
    if (found.size > largest) refuse(`it has ${found.size} bytes, and at most ${largest} are read`);
    return await readFile(path);
  } catch (error) {
    if (error instanceof TagboatError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    return refuse(code === 'ENOENT' || code === 'ENOTDIR' ? "it isn't in the app repo's checkout" : (code ?? message));
  }
}
