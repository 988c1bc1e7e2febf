import { beforeAll, describe, expect, it } from 'vitest';
import { noHttpBackend, skipNote } from '../../support/git-host.ts';
import { manifestPrograms, noManifestPrograms } from '../../support/manifest-programs.ts';
import { setTag } from '../landing.ts';
import { oneChart, rendersOf, said } from './rendering.ts';

const note = noManifestPrograms === undefined ? skipNote : ` (skipped: ${noManifestPrograms})`;
describe.skipIf(noHttpBackend !== undefined || noManifestPrograms !== undefined)(`a real helm${note}`, () => {
  let path = '';
  beforeAll(() => {
    path = manifestPrograms();
  }, 1_800_000);

  it.each([
    ['x,front.imageTag=other', '+  a: b x,front.imageTag=other'],
    ['x\\,y', '+  a: b x,y'],
    ['{x,y}', '+  a: b [x y]'],
  ])('has the comma of the parameter %s as Argo CD has it', async (value, line) => {
    const rendering = said({ parameters: [{ name: 'extra', value, text: false }] });
    const [only] = await rendersOf(oneChart, { path, rendering });
    expect([only?.failed, only?.diff]).toEqual([undefined, expect.stringContaining(line)]);
  });

  it('goes without value files that may be missing, and reads those of other folders', async () => {
    const files = { ...oneChart, 'env/dev.yaml': 'front: { imageTag: a }\nextra: own\n' };
    const ask = async (mayMiss: boolean) => {
      const rendering = said({ mayMiss, valueFiles: ['env/none.yaml', 'env/dev.yaml'] });
      return (await rendersOf(files, { path, rendering, edits: [setTag('b', 'env/dev.yaml')] }))[0];
    };
    expect(await ask(true)).toMatchObject({ diff: expect.stringContaining('+  a: b own') });
    expect(await ask(false)).toMatchObject({ failed: expect.stringContaining('env/none.yaml') });
  });
});
