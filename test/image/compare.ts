import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isError } from '../../src/errors.ts';
import type { ImagePlan } from '../../src/plan.ts';
import type { TestWorld } from '../support/world.ts';
import type { Case } from './case.ts';
import { build, type Contents, contentsOf, contextsIn, type Files, planFor, writeContext } from './images.ts';

const base: Files = {
  Dockerfile: `FROM scratch
COPY root/ /
COPY --chown=1000:1001 --chmod=0700 own /home/app/
COPY --chown=0:50 --chmod=1777 own /tmp/
ENV PATH=/bin:/usr/bin BASE=yes
WORKDIR /srv/base/
CMD ["/base"]
LABEL from=base
EXPOSE 1234
VOLUME /vol
HEALTHCHECK --interval=9s CMD base
STOPSIGNAL 9
`,
  'root/etc/passwd': 'root:x:0:0:root:/root:/bin/sh\napp:x:1000:1001:app:/home/app:/bin/sh\n',
  'root/etc/group': 'root:x:0:\nstaff:x:50:\napp:x:1001:\n',
  'root/etc/motd': 'welcome\n',
  'root/etc/issue': { link: 'motd' },
  'root/etc/mtab': { link: '/proc/mounts' },
  'root/usr/bin/sh': { text: '#!/nothing\n', mode: 0o755 },
  'root/usr/bin/su': { text: 'su\n', mode: 0o4755 },
  'root/bin': { link: 'usr/bin' },
  'root/run/x': 'x',
  'root/var/run': { link: '/run' },
  'root/var/lock': { link: '../run/lock' },
  'root/loop': { link: 'loop' },
  'own/.keep': '',
};

/** Pushes the base image that cases stand on. */
export async function pushBase(world: TestWorld, host: string): Promise<void> {
  await inFolder(async (dir) => {
    await writeContext(dir, base);
    await build(world, planFor(host, dir, { name: 'base', repository: 'base', tag: '1' }));
  });
}

/** What became of a case: the image as its registry has it, or the code that the build ended with. */
export type Outcome = Contents | { readonly failed: string };

/** Builds a case with one engine and reads the image back from the registry. */
export async function outcomeOf(
  world: TestWorld,
  host: string,
  which: Case,
  how: Pick<ImagePlan, 'engine'> & Partial<ImagePlan>,
): Promise<Outcome> {
  return inFolder(async (dir) => {
    const names = (text: string) => text.replaceAll('BASE', `${host}/base:1`);
    await writeContext(dir, { ...which.files, Dockerfile: names(which.dockerfile) });
    const repository = `${how.engine}-case`;
    const tag = which.title.replace(/[^A-Za-z0-9]+/g, '-').toLowerCase();
    const { args = {}, target } = which;
    const contexts = contextsIn(dir, which.contexts, names);
    try {
      await build(world, planFor(host, dir, { repository, tag, args, target, contexts, ...how }));
    } catch (error) {
      if (!isError(error)) throw error;
      return { failed: error.code };
    }
    const contents = await contentsOf(host, repository, tag);
    // The Dockerfile stands in the context too, with the registry's port of today in it.
    const files = Object.entries(contents.files).filter(([path]) => !/(^|\/)Dockerfile$/.test(path));
    return { ...contents, files: Object.fromEntries(files) };
  });
}

/** What a case is to come to with assemble, given what a builder made of it. */
export function expected(which: Case, builder: Outcome | undefined): Outcome | undefined {
  return which.fails === undefined ? builder : { failed: which.fails };
}

async function inFolder<T>(work: (dir: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'tagboat-case-'));
  try {
    return await work(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
