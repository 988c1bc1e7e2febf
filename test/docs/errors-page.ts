import { exitCodes } from '../../src/errors/codes.ts';
import { errorWords } from '../../src/errors.ts';
import { areas, type Scenario, scenariosOf } from '../scenarios/scenario.ts';

const meanings: Readonly<Record<number, string>> = {
  [exitCodes.bug]: 'a fault in Tagboat',
  [exitCodes.config]: 'config or usage',
  [exitCodes.credentials]: 'credentials',
  [exitCodes.build]: 'build',
  [exitCodes.registry]: 'registry',
  [exitCodes.configRepo]: 'config repo',
  [exitCodes.unhealthy]: 'unhealthy, or nobody can tell',
  [exitCodes.timedOut]: 'timed out',
  [exitCodes.interrupted]: 'interrupted',
};

/** What the words do with their data, beside printing it. */
const used = new Set([
  'map',
  'join',
  'slice',
  'filter',
  'at',
  'includes',
  'startsWith',
  'split',
  'replace',
  'length',
  'some',
]);

/** Data whose every field is its own name: what a message says of it can be read, whatever the case is. */
function blanks(name: string): unknown {
  const shown = `‹${name}›`;
  return new Proxy(() => shown, {
    get: (_, key) => {
      if (key === Symbol.toPrimitive || key === 'toString' || key === 'toJSON') return () => shown;
      const list = () => [blanks(name)] as unknown as Record<PropertyKey, unknown>;
      if (key === Symbol.iterator) return () => Array.prototype.values.call(list());
      if (!used.has(String(key))) return blanks(String(key));
      const holder = key in [] ? list() : (shown as unknown as Record<PropertyKey, unknown>);
      const own = holder[key];
      return typeof own === 'function' ? own.bind(holder) : own;
    },
  });
}

/** Where a field decides which words are used. */
const cases: Readonly<Record<string, object>> = {
  OIDC_UNAVAILABLE: { wanted: 'aws', inActions: true, event: 'push' },
  OIDC_AUDIENCE_OTHER: { wanted: 'aws' },
  ROLLBACK_CROSSES_HAND: { at: '‹commit›' },
  PATH_IS_ALIAS: { file: '‹file›' },
  MERGE_TIMED_OUT: { conflicts: false },
  CREDENTIAL_HELPER_FAILED: { why: 'failed' },
  TOKEN_ELSEWHERE: { why: 'host', hint: 'Name the host in TAGBOAT_GIT_HOST if the token is for it.' },
};

function said(code: string, words: (data: never) => string): string {
  const data = new Proxy(cases[code] ?? {}, {
    get: (own, key) => (key in own ? (own as Record<PropertyKey, unknown>)[key] : blanks(String(key))),
  });
  const text: string | undefined = words(data as never);
  if (text === undefined) throw new Error(`${code} says nothing of this case: name its fields in \`cases\``);
  return String(text).replaceAll('|', '\\|').replaceAll('<', '&lt;');
}

/** A section for every error: what it says, what to do, and the scenarios that cause it. */
export async function errorsPage(): Promise<string> {
  const scenarios: readonly Scenario[] = (await Promise.all(areas.map(scenariosOf))).flat();
  const sections = [...errorWords()].sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    '# Errors',
    '',
    'Every error has a code, which `--json` gives too, and an exit code. What differs from case to case stands in ‹angles›.',
    'A word of a case may differ from the one here: what stands under a code is one of its cases. This page is written from',
    'the catalogue in [`src/errors/`](../../src/errors/) by `npm run reference`; the scenarios that cause an error for real are',
    'linked from it.',
    '',
    ...sections.flatMap(([code, { exit, message, hint }]) => {
      const caused = scenarios.filter(({ whatTheUserSees }) => whatTheUserSees === code);
      return [
        `## ${code}`,
        '',
        `> ${said(code, message).replaceAll('\n', '\n> ')}`,
        '',
        `**What to do:** ${said(code, hint)}`,
        '',
        `Exit code ${exit}, ${meanings[exit]}.${caused.length === 0 ? '' : ' Caused for real:'}`,
        ...caused.map(({ title, file }) => `- [${title}](../../test/scenarios/${file})`),
        '',
      ];
    }),
  ].join('\n');
}
