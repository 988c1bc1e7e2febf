// `npm run check`: types, lint and format, the published schema, and what the documents point to. Writes nothing.
// With `--graph` it prints which room imports which instead, as text, or as DOT with `--graph=dot`.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { buildIfNeeded } from './build.mjs';
import { checkNode, ensureModules, root } from './setup.mjs';
import { circles, drawn, graphOf, readSources } from './structure.mjs';

if (process.argv.some((argument) => argument.startsWith('--graph'))) printGraph(process.argv.includes('--graph=dot'));

checkNode();
await ensureModules();
await buildIfNeeded();

const checks = {
  types: () => [...program('tsc', ['-p', '.']), ...program('tsc', ['-p', 'web'])],
  'lint and format': () => program('biome', ['check', '--error-on-warnings']),
  schema: schemaIsCurrent,
  documents: linksLeadSomewhere,
};
let failed = 0;
for (const [name, check] of Object.entries(checks)) {
  const problems = check();
  failed += problems.length > 0 ? 1 : 0;
  process.stdout.write(`${problems.length > 0 ? 'failed' : 'ok'}: ${name}\n`);
  for (const problem of problems) process.stdout.write(`  ${problem}\n`);
}
process.exit(failed > 0 ? 1 : 0);

/** Prints the graph of imports below src/ and ends: with 1 when it has a circle. */
function printGraph(dot) {
  const graph = graphOf(readSources(join(root, 'src')));
  process.stdout.write(drawn(graph, dot));
  const found = circles(graph);
  for (const circle of found) process.stderr.write(`circle: ${circle.join(', ')}\n`);
  if (!dot) process.stdout.write(`${Object.keys(graph).length} files, ${found.length} circles\n`);
  process.exit(found.length > 0 ? 1 : 0);
}

function program(name, args) {
  const { status } = spawnSync(join(root, 'node_modules', '.bin', name), args, { cwd: root, stdio: 'inherit' });
  return status === 0 ? [] : [`${name} ended with ${status}`];
}

function schemaIsCurrent() {
  const file = 'tagboat.schema.json';
  const { stdout, status } = spawnSync(process.execPath, [join(root, 'dist', 'cli.js'), 'schema'], {
    encoding: 'utf8',
  });
  if (status !== 0) return ['`tagboat schema` failed'];
  const kept = existsSync(join(root, file)) ? readFileSync(join(root, file), 'utf8') : '';
  return kept === stdout ? [] : [`${file} is not what the config says: \`./bin/tagboat schema > ${file}\``];
}

/** Every relative link and anchor of every document in git. */
function linksLeadSomewhere() {
  const { stdout } = spawnSync('git', ['ls-files', '-z', '*.md'], { cwd: root, encoding: 'utf8' });
  const documents = stdout.split('\0').filter((file) => file !== '' && existsSync(join(root, file)));
  return documents.flatMap((document) => {
    const text = readFileSync(join(root, document), 'utf8').replace(/^(`{3,})[\s\S]*?^\1/gm, '');
    const links = [...text.matchAll(/\]\(<?([^)\s>]+)>?\)/g)].map((match) => match[1]);
    return links.filter((link) => !/^[a-z]+:/i.test(link)).flatMap((link) => problemOf(document, link));
  });
}

function problemOf(document, link) {
  const [path, anchor] = link.split('#');
  const target = path === '' ? document : relative(root, join(root, dirname(document), decodeURIComponent(path)));
  if (!existsSync(join(root, target))) return [`${document}: ${link} leads nowhere`];
  if (anchor === undefined || !target.endsWith('.md')) return [];
  const headings = [...readFileSync(join(root, target), 'utf8').matchAll(/^#{1,6} +(.+)$/gm)].map((match) =>
    slug(match[1]),
  );
  return headings.includes(anchor) ? [] : [`${document}: ${link} names no heading of ${target}`];
}

/** A heading's anchor as GitHub makes it. */
function slug(heading) {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');
}
