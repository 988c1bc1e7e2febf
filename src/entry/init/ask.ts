import { TagboatError } from '../../errors.ts';
import type { Session } from '../run/session.ts';

/** Asks whoever runs the command. The second argument of each is what stands when nobody is asked. */
export interface Ask {
  readonly text: (question: string, otherwise: string) => Promise<string>;
  readonly yes: (question: string, otherwise: boolean) => Promise<boolean>;
  readonly some: <T>(
    question: string,
    among: readonly (readonly [label: string, value: T])[],
    otherwise: readonly T[],
  ) => Promise<readonly T[]>;
}

/** Whom the command asks: nobody with --yes, with --json and without a terminal. */
export async function asker({ interactive }: Session, yes: boolean): Promise<Ask> {
  return yes || !interactive ? askNobody : askInTerminal();
}

const askNobody: Ask = {
  text: async (_, otherwise) => otherwise,
  yes: async (_, otherwise) => otherwise,
  some: async (_question, _among, otherwise) => otherwise,
};

/** Questions in the terminal. Throws INTERRUPTED when somebody ends them by Ctrl-C. */
async function askInTerminal(): Promise<Ask> {
  const { confirm, isCancel, multiselect, text } = await import('@clack/prompts');
  // On stderr, as all that is no product.
  const output = process.stderr;
  const given = <T>(answer: T): Exclude<T, symbol> => {
    if (isCancel(answer)) throw new TagboatError('INTERRUPTED', { signal: 'Ctrl-C' });
    return answer as Exclude<T, symbol>;
  };
  return {
    text: async (message, initialValue) => given(await text({ message, initialValue, output })),
    yes: async (message, initialValue) => given(await confirm({ message, initialValue, output })),
    some: async (message, among, otherwise) => {
      if (among.length === 0) return otherwise;
      const options = among.map(([label], at) => ({ label, value: at }));
      const initialValues = among.flatMap(([, value], at) => (otherwise.includes(value) ? [at] : []));
      const chosen = given(await multiselect({ message, options, initialValues, required: false, output }));
      return among.flatMap(([, value], at) => (chosen.includes(at) ? [value] : []));
    },
  };
}
