import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { hasProgram } from '../../support/docker-registry.ts';
import { tempDir } from '../../support/git-host.ts';
import { configured, missing as noServers, shipAgain, shipByCli } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

const missing = hasProgram('buildah') && process.getuid?.() === 0 ? noServers : 'buildah as root (Debian: buildah)';

export const scenario = declare({
  area: 'registry',
  title: 'The tag is immutable and a builder makes another image of the same commit',
  whatHappens: 'An image that is built every time is pushed by buildah once more, by a second run of its commit.',
  whatTheUserSees: 'unchanged',
  exitCode: 0,
  guarantees: [
    {
      words: "the first run's image is taken, and it is said that another one was refused",
      holds: ({ printed, first }: { printed: string; first: string }) => {
        const [again] = finished(printed);
        expect(again).toMatchObject({ is: 'reused', digest: first });
      },
    },
    {
      words: 'the config repo gets no second commit',
      holds: async ({ town: { host } }) => expect(await host.git('config', 'rev-list', '--count', 'main')).toBe('2\n'),
    },
  ],
  missing,
  cause: async () => {
    const dir = await tempDir();
    const CONTAINERS_STORAGE_CONF = join(dir, 'storage.conf');
    await writeFile(CONTAINERS_STORAGE_CONF, `[storage]\ndriver="vfs"\ngraphroot="${dir}/g"\nrunroot="${dir}/r"\n`);
    const env = { HOME: dir, STORAGE_DRIVER: 'vfs', CONTAINERS_STORAGE_CONF };
    const always = 'dockerfile: app/Dockerfile, engine: buildah, refresh: always';
    const scene = await shipByCli({
      registry: { immutableTags: true },
      prepare: configured((text) => text.replace('dockerfile: app/Dockerfile', always)),
      env: () => env,
    });
    expect(scene.end.exitCode).toBe(0);
    const [{ digest: first } = { digest: '' }] = finished(scene.printed);
    const { town } = scene;
    return { ...scene, ...(await shipAgain(town, { env: { ...town.env, ...env } })), first };
  },
});

/** How the image `app` ended. */
function finished(printed: string): readonly { readonly is: string; readonly digest: string }[] {
  const events = printed.split('\n').filter((line) => line.startsWith('{'));
  return events
    .map((line) => JSON.parse(line))
    .flatMap(({ type, outcome }) => (type === 'image.finished' && outcome.name === 'app' ? [outcome] : []));
}
