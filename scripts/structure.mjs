// What imports what below src/, and what the plan of the house says of it. `npm run check -- --graph` prints it;
// `test/boundaries.test.ts` holds the tree to it. Pure functions over { file: text }, so that planted faults can be shown.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** Every TypeScript file below a folder with its text, by its path from there. */
export function readSources(folder) {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => file.replaceAll('\\', '/'));
  return Object.fromEntries(
    files
      .filter((file) => file.endsWith('.ts'))
      .sort()
      .map((file) => [file, readFileSync(join(folder, file), 'utf8')]),
  );
}

/** What each file imports of the others, types and what is loaded later included: { file: [file] }. */
export function graphOf(sources) {
  return Object.fromEntries(
    Object.entries(sources).map(([file, text]) => {
      const found = text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g);
      const paths = [...found].map(([, path]) => normalize(join(dirname(file), path)).replaceAll('\\', '/'));
      return [file, [...new Set(paths)].filter((path) => path in sources)];
    }),
  );
}

/** Groups of nodes that reach each other (Tarjan's strongly connected components of more than one node). */
export function circles(graph) {
  const seen = new Map();
  const open = [];
  const found = [];
  const visit = (node) => {
    const own = { index: seen.size, low: seen.size, open: true };
    seen.set(node, own);
    open.push(node);
    for (const next of graph[node] ?? []) {
      const theirs = seen.get(next);
      if (theirs === undefined) own.low = Math.min(own.low, visit(next).low);
      else if (theirs.open) own.low = Math.min(own.low, theirs.index);
    }
    if (own.low === own.index) {
      const circle = open.splice(open.indexOf(node));
      for (const member of circle) seen.get(member).open = false;
      if (circle.length > 1) found.push(circle.sort());
    }
    return own;
  };
  for (const node of Object.keys(graph)) if (!seen.has(node)) visit(node);
  return found;
}

/** The stage of a file: its first folder, or its own name at the top. */
export function stageOf(file) {
  return file.includes('/') ? file.split('/')[0] : file.replace(/\.ts$/, '');
}

/** The room of a file in its stage: its second folder, or its own name where it lies in the stage's folder itself. */
export function roomOf(file) {
  const [, room] = file.split('/');
  return (room ?? file).replace(/\.ts$/, '');
}

/**
 * Imports against the order of a stage's rooms. `rooms` names them from the top down, single files of the stage's folder
 * among them; a file that is not named stands at the bottom, below all rooms. A stage's door (`auth/auth.ts`) stands on top.
 */
export function arrowsUp(graph, stage, rooms) {
  const rank = (file) => {
    const room = roomOf(file);
    if (file === `${stage}/${stage}.ts`) return -1;
    const at = rooms.indexOf(room);
    return at < 0 ? rooms.length : at;
  };
  return Object.entries(graph)
    .filter(([file]) => stageOf(file) === stage)
    .flatMap(([file, targets]) =>
      targets
        .filter((target) => stageOf(target) === stage && roomOf(target) !== roomOf(file) && rank(target) < rank(file))
        .map((target) => `${file} imports ${target}`),
    );
}

/** Folders that hold more than so many files. */
export function crowded(files, most) {
  const counts = new Map();
  for (const file of files) counts.set(dirname(file), (counts.get(dirname(file)) ?? 0) + 1);
  return [...counts].filter(([, count]) => count > most).map(([folder, count]) => `${folder}: ${count} files`);
}

/** Files of more than so many lines. */
export function long(sources, most) {
  return Object.entries(sources)
    .map(([file, text]) => [file, text.trimEnd().split('\n').length])
    .filter(([, lines]) => lines > most)
    .map(([file, lines]) => `${file}: ${lines} lines`);
}

/** The names that a file exports. */
export function exportsOf(text) {
  const found = text.matchAll(
    /^export (?:declare )?(?:abstract )?(?:async )?(?:function\*?|class|const|type|interface) (\w+)/gm,
  );
  return [...found].map(([, name]) => name);
}

/** Names that several files export, with those files. */
export function namesakes(sources) {
  const owners = new Map();
  for (const [file, text] of Object.entries(sources)) {
    for (const name of new Set(exportsOf(text))) owners.set(name, [...(owners.get(name) ?? []), file]);
  }
  return Object.fromEntries([...owners].filter(([, files]) => files.length > 1));
}

/** Values that are exported though no other file names them: `file: name`. A type may be there for a signature alone. `roots` are read from outside. */
export function unused(sources, others, roots) {
  const words = new Map();
  for (const [file, text] of Object.entries({ ...sources, ...others })) {
    words.set(file, new Set(text.match(/\b\w+\b/g)));
  }
  return Object.entries(sources)
    .filter(([file]) => !roots.includes(file))
    .flatMap(([file, text]) =>
      [...text.matchAll(/^export (?:async )?(?:function\*?|class|const) (\w+)/gm)]
        .map(([, name]) => name)
        .filter((name) => [...words].every(([other, own]) => other === file || !own.has(name)))
        .map((name) => `${file}: ${name}`),
    );
}

/** The rooms and how many imports lead from each to each, as text or in DOT, Graphviz' language. */
export function drawn(graph, dot) {
  const arrows = new Map();
  const name = (file) => (file.split('/').length > 2 ? file.split('/').slice(0, 2).join('/') : stageOf(file));
  for (const [file, targets] of Object.entries(graph)) {
    for (const target of targets) {
      if (name(file) === name(target)) continue;
      const key = JSON.stringify([name(file), name(target)]);
      arrows.set(key, (arrows.get(key) ?? 0) + 1);
    }
  }
  const rows = [...arrows].map(([key, count]) => [...JSON.parse(key), count]).sort();
  if (!dot) return rows.map(([from, to, count]) => `${from} -> ${to} (${count})\n`).join('');
  return `digraph tagboat {\n${rows.map(([from, to, count]) => `  "${from}" -> "${to}" [label=${count}];\n`).join('')}}\n`;
}
