import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Town } from '../../support/cli.ts';
import { committed, configured, missing, shipAgain, shipByCli } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

/** What the registry has under the tag, by its own files. */
function digestsIn({ registry }: Town): string[] {
  const tags = readdirSync(registry.dir, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('_tags/stable'),
  );
  return tags.sort().map((file) => `${file} ${readFileSync(join(registry.dir, file), 'utf8')}`);
}

export const scenario = declare({
  area: 'registry',
  title: 'The tag is immutable and means another image',
  whatHappens: 'A tag of our own choosing is pushed twice, with other content.',
  whatTheUserSees: 'TAG_IMMUTABLE',
  exitCode: 5,
  guarantees: [
    {
      words: 'the tag means what it meant',
      holds: ({ town, first }) => expect(digestsIn(town)).toEqual(first),
    },
    {
      words: 'the config repo hears nothing of the second image',
      holds: async ({ town: { host } }) => expect(await host.git('config', 'rev-list', '--count', 'main')).toBe('2\n'),
    },
  ],
  missing,
  cause: async () => {
    const scene = await shipByCli({
      registry: { immutableTags: true },
      prepare: configured((text) => `tag: stable\n${text}`),
    });
    expect(scene.end.exitCode).toBe(0);
    const first = digestsIn(scene.town);
    expect(first).toHaveLength(2);
    await committed({ 'app/hello': 'another one\n' })(scene.town);
    return { ...scene, ...(await shipAgain(scene.town)), first };
  },
});
