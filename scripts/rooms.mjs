// Fewer and larger chunks. esbuild makes one for each set of entry points that share a file, and with some forty files
// loaded when they are needed those sets are many: a build began by opening 54 chunks, which took Node as long as
// compiling what is in them.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What is loaded together: all that these files need, save for what an earlier room has. */
const rooms = {
  session: ['src/entry/run/session.ts'],
  // What an edit needs of the config's own files comes with them: a commit would else load all that reads a config.
  commands: ['src/entry/commands/commit.ts', 'src/entry/commands/wait.ts', 'src/plan/file-kind.ts'],
  yaml: ['src/wire/yaml.ts'],
  config: ['src/config/config.ts'],
  image: ['src/image/image.ts'],
};
const names = Object.keys(rooms);

/**
 * A plugin that makes each room one chunk: whoever loads a file of it is made to load all of it, so that every file in
 * it is shared by the same entry points. `inputs` are a metafile's, of the same build without the plugin. The first of
 * `entries` stays as small as it is: it answers --version before anything else is loaded.
 */
export function keepRooms(root, inputs, entries) {
  const loads = loadedBy(inputs, entries);
  const [wayIn] = entries;
  const taken = new Set(loads.get(wayIn));
  const contents = Object.fromEntries(
    names.map((name) => {
      const files = [...reachable(inputs, rooms[name])].filter((file) => !taken.has(file));
      for (const file of files) taken.add(file);
      return [name, new Set(files)];
    }),
  );
  const touched = (files) => names.filter((name) => [...files].some((file) => contents[name].has(file)));
  const added = new Map();
  for (const [entry, files] of loads) {
    if (entry === wayIn || !entry.startsWith('src/')) continue;
    // What a room's files import may stand in other rooms.
    const theirs = reachable(inputs, [...files, ...touched(files).flatMap((name) => [...contents[name]])]);
    added.set(join(root, entry), touched(theirs));
  }
  return {
    name: 'rooms',
    setup: (build) => {
      build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        const own = added.get(path);
        if (own === undefined) return undefined;
        // At the end, so that a file's own imports keep their order.
        const imports = own.map((name) => `import 'room:${name}';`);
        return { contents: `${await readFile(path, 'utf8')}\n${imports.join('\n')}\n`, loader: 'ts' };
      });
      build.onResolve({ filter: /^room:/ }, ({ path }) => ({ path: path.slice('room:'.length), namespace: 'room' }));
      build.onLoad({ filter: /.*/, namespace: 'room' }, ({ path: name }) => {
        const own = [...contents[name]].filter((file) => file.startsWith('src/'));
        return { contents: own.map((file) => `import './${file}';`).join('\n'), resolveDir: root };
      });
    },
  };
}

/** The files of each entry point, those that are loaded later included. */
function loadedBy(inputs, entries) {
  const loads = new Map();
  const add = (entry) => {
    if (loads.has(entry)) return;
    const files = reachable(inputs, [entry]);
    loads.set(entry, files);
    for (const file of files) for (const later of importsOf(inputs, file, true)) add(later);
  };
  for (const entry of entries) add(entry);
  return loads;
}

/** These files and all that they import, however far away, but not what is loaded later. */
function reachable(inputs, files) {
  const found = new Set(files);
  // A set goes on to what is added meanwhile.
  for (const file of found) for (const imported of importsOf(inputs, file, false)) found.add(imported);
  return found;
}

function importsOf(inputs, file, later) {
  const all = inputs[file].imports.filter(({ external }) => external !== true);
  return all.filter(({ kind }) => (kind === 'dynamic-import') === later).map(({ path }) => path);
}
