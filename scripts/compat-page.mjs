// docs/compatibility.md, made of nothing but the list of cells and the report of the tests that ran. Pure.

/** Every test that the list asks for, once. */
export function proofsIn(tables) {
  return tables.flatMap(({ columns, rows }) =>
    rows.flatMap(({ name, cells }) =>
      columns.map((column) => {
        const cell = cells[column] ?? cells['*'];
        if (cell === undefined) throw new Error(`No cell ${column} of ${name}.`);
        return cell;
      }),
    ),
  );
}

/** The run that a proof rests on: its file, and on what. */
export function runOf({ file, argocd }) {
  return argocd === undefined ? file : `${file} on Argo CD ${argocd}`;
}

/** Full names and states of a file's tests that prove a cell. */
export function found({ has }, tests) {
  return Object.entries(tests).filter(([name]) => has.every((words) => name.includes(words)));
}

/** The page. `report` is docs/compatibility.json. */
export function compatPage(tables, report) {
  const named = (text) =>
    text.replace(/\{([^}]+)\}/g, (_, program) => report.versions[program] ?? `${program}, not here`);
  const sections = tables.map(({ title, head, columns, rows }) => {
    const line = (cells) => `| ${cells.join(' | ')} |`;
    const notes = [];
    // A reason stands once below its table: in every cell it would hide what passed.
    const noted = ([state, note]) => {
      if (note === undefined) return state;
      if (!notes.includes(note)) notes.push(note);
      return `${state} <sup>${notes.indexOf(note) + 1}</sup>`;
    };
    const body = rows.map(({ name, cells }) =>
      line([named(name), ...columns.map((column) => noted(word(cells[column] ?? cells['*'], report)))]),
    );
    return [
      `## ${title}\n`,
      line([head, ...columns].map(named)),
      line([head, ...columns].map(() => '---')),
      ...body,
      ...notes.map((note, at) => `${at === 0 ? '\n' : ''}${at + 1}. ${note}`),
    ].join('\n');
  });
  const days = Object.values(report.files).map(({ date }) => date);
  const files = Object.entries(report.files).flatMap(([run, { date, tests }]) => {
    const count = Object.keys(tests).length;
    return count === 0
      ? []
      : [`- ${run.replace(/^\S+/, '`$&`')}, ${date}: ${count === 1 ? 'one test' : `${count} tests`}`];
  });
  return `# What gets on with what

<!-- Written by \`npm run compat\` of what the tests found. Changes by hand are lost with the next run. -->

**passed**: the tests that prove it passed here, on the real program unless the row says otherwise. **differs**: they passed,
and show it working in another way. Whatever was not tried is said so, with why: it may work, and nobody has seen it here.
\`tagboat doctor\` asks your own hosts.

Tried ${[...new Set([days.toSorted()[0], days.toSorted().at(-1)])].join(' to ')}, with ${Object.entries(report.versions)
    .filter(([program]) => !program.includes(' '))
    .map(([, version]) => version)
    .join(', ')}.

${sections.join('\n\n')}

## By which tests

${files.toSorted().join('\n')}

Again: \`npm run compat\`, or \`npm run compat -- ${Object.keys(report.files).toSorted()[0]}\` for those of one file. Which test proves which cell is
[a list](../scripts/compat-cells.mjs).
`;
}

function word(cell, report) {
  if (cell.not !== undefined) return ['not tried', cell.not];
  const ran = report.files[runOf(cell)];
  if (ran === undefined) return ['not tried', 'its tests have not run yet'];
  const states = found(cell, ran.tests).map(([, state]) => state);
  // A file that ran when this one wasn't there yet, or wasn't asked for.
  if (states.length === 0 && ran.missing === undefined) return ['not tried', 'its tests have not run yet'];
  if (states.includes('failed')) return ['**failed**'];
  if (!states.includes('passed')) {
    return ['not tried', ran.missing ?? cell.without ?? 'what it needs is missing here'];
  }
  return cell.differs === undefined ? ['passed'] : ['differs', cell.differs];
}
