import { type Auth, createAuth } from '../../auth/auth.ts';
import type { Session } from './session.ts';

/** Hands out credentials for config repos while the work lasts, and ends them whatever became of it. */
export async function withAuth<T>(
  { world, emit }: Pick<Session, 'world' | 'emit'>,
  work: (auth: Auth) => Promise<T>,
): Promise<T> {
  const auth = createAuth(world, emit, undefined);
  try {
    return await work(auth);
  } finally {
    await auth.end();
  }
}
