import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lookAtHost } from '../../../src/entry/doctor/host/host.ts';
import { type Gitea, noGitea, startGitea } from '../../support/gitea.ts';
import { testWorld } from '../../support/world.ts';
import { values, valuesWith } from '../landing.ts';
import { configOn } from '../propose/gitea.ts';

const note = noGitea === undefined ? '' : ` (skipped: ${noGitea})`;
const file = 'main/values.yaml';
let gitea: Gitea;

/** Why nothing is committed by it (docs/decisions/012-which-apis-commit.md). Should this change, so may the decision. */
describe.skipIf(noGitea !== undefined)(`the API of a real Gitea${note}`, () => {
  beforeAll(async () => {
    gitea = await startGitea();
  }, 1_800_000);
  afterAll(() => gitea?.close());

  it.each([
    ['its own', 'b'],
    ["a newer one's", 'c'],
  ])('takes a commit that arrives late, over %s revert: equal blobs are no equal history', async (_, landed) => {
    const config = await configOn(gitea);
    const { sha } = (await gitea.api('GET', `/repos/${config.path}/contents/${file}`)) as { readonly sha: string };
    const content = Buffer.from(valuesWith('b')).toString('base64');
    const late = () =>
      gitea.api('POST', `/repos/${config.path}/contents`, {
        ...{ branch: 'main', message: 'Set front to b', files: [{ operation: 'update', path: file, sha, content }] },
      });
    await config.commit('main', file, valuesWith(landed));
    // While the file differs, it is refused.
    await expect(late()).rejects.toThrow('sha does not match');
    await config.commit('main', file, values);
    await late();
    expect(await config.file()).toBe(valuesWith('b'));
  });

  it('knows no condition on the whole branch', async () => {
    const { definitions } = (await (await fetch(`${gitea.url}/swagger.v1.json`)).json()) as {
      readonly definitions: Readonly<Record<string, { readonly properties: object }>>;
    };
    expect(Object.keys(definitions.ChangeFilesOptions?.properties ?? {}).sort()).toEqual(
      'author branch committer dates files force_push message new_branch signoff'.split(' '),
    );
  });

  it('tells what it allows, which is all that is asked', async () => {
    const config = await configOn(gitea);
    const look = await lookAtHost(testWorld(), { repo: config.url, branch: 'main' }, config.credential);
    expect(look.host).toBe('Gitea or Forgejo');
    expect(look.answers.filter(({ is }) => is !== 'yes')).toEqual([]);
    expect(look.answers.length).toBe(10);
  });
});
