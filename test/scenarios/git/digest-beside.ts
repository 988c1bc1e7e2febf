import { commitHere, missing, nothingSent, refsUnmoved, tells } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

const digest = `sha256:${'0'.repeat(64)}`;

export const scenario = declare({
  area: 'git',
  title: 'A digest stands beside the tag',
  whatHappens:
    'The tag of an image is set where a digest stands beside it, by which the image is pulled whatever its tag is.',
  whatTheUserSees: 'DIGEST_BESIDE_TAG',
  exitCode: 6,
  guarantees: [
    tells('the digest is named, and how both are set', '.images[name=app].digest', '"{digest.NAME}"'),
    nothingSent,
    refsUnmoved,
  ],
  missing,
  cause: () =>
    commitHere({
      repo: { files: { 'main/values.yaml': `images:\n  - name: app\n    newTag: a\n    digest: ${digest}\n` } },
      set: ['main/values.yaml:.images[name=app].newTag=b'],
    }),
});
