import { type Auth, createAuth } from '../../auth/auth.ts';
import type { CloudPlans } from '../../plan.ts';
import type { Session } from './session.ts';
import { withinTidying } from './stopping.ts';

/** Hands out credentials while the work lasts, and ends them whatever became of it, stopped work left behind. */
export async function withAuth<T>(
  { world, emit }: Pick<Session, 'world' | 'emit'>,
  work: (auth: Auth) => Promise<T>,
  clouds?: CloudPlans,
): Promise<T> {
  const auth = createAuth(world, emit, clouds);
  try {
    return await withinTidying(world.signal, work(auth));
  } finally {
    await auth.end();
  }
}
