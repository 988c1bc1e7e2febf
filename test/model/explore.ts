/** Every state reachable from the first one, by every interleaving. `moves` names each step, for the trace of a fault. */
export interface Model<S> {
  readonly first: S;
  readonly moves: (state: S) => readonly { readonly name: string; readonly to: S }[];
  /** What is wrong with a state, or undefined. Checked on every state. */
  readonly fault: (state: S) => string | undefined;
  /** A state in which everybody is at an end. Every state must be able to reach one. */
  readonly ended: (state: S) => boolean;
}

export interface Explored {
  readonly states: number;
  readonly endings: number;
  /** The first fault found, with the shortest way to it. */
  readonly fault: { readonly what: string; readonly way: readonly string[] } | undefined;
}

/** Breadth first, so that the way to a fault is a shortest one. States are compared by their JSON. */
export function explore<S>(model: Model<S>): Explored {
  const index = new Map<string, number>();
  const states: S[] = [];
  const from: { parent: number; name: string }[] = [];
  const before: number[][] = [];
  const endings: number[] = [];

  const way = (at: number): string[] => {
    const steps: string[] = [];
    for (let here = at; here !== 0; here = from[here]?.parent ?? 0) steps.unshift(from[here]?.name ?? '');
    return steps;
  };
  const visit = (state: S, parent: number, name: string): void => {
    const key = JSON.stringify(state);
    const known = index.get(key);
    if (known !== undefined) {
      before[known]?.push(parent);
      return;
    }
    index.set(key, states.length);
    from.push({ parent, name });
    before.push([parent]);
    states.push(state);
  };

  visit(model.first, 0, '');
  for (let at = 0; at < states.length; at++) {
    const state = states[at] as S;
    const what = model.fault(state);
    if (what !== undefined) return { states: states.length, endings: endings.length, fault: { what, way: way(at) } };
    if (model.ended(state)) endings.push(at);
    for (const { name, to } of model.moves(state)) visit(to, at, name);
  }

  // Whatever can't reach an ending is a deadlock, or a circle that nobody can leave.
  const reaches = new Uint8Array(states.length);
  const open = [...endings];
  for (const at of open) reaches[at] = 1;
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const earlier of before[at] ?? []) {
      if (reaches[earlier] === 1) continue;
      reaches[earlier] = 1;
      open.push(earlier);
    }
  }
  const stuck = reaches.indexOf(0);
  return {
    states: states.length,
    endings: endings.length,
    fault: stuck === -1 ? undefined : { what: 'no ending can be reached from here', way: way(stuck) },
  };
}
