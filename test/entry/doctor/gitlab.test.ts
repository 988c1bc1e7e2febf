import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../src/config/config.ts';
import { checkGitLab } from '../../../src/entry/doctor/gitlab.ts';
import { tempDir } from '../../support/git-host.ts';

const config = parseConfig(
  `registry: 123456789012.dkr.ecr.eu-west-1.amazonaws.com
aws: { role: "arn:aws:iam::123456789012:role/deliver" }
images: { app: {} }
`,
  'tagboat.yaml',
  {},
);
const right = `ship:
  image: node:22
  id_tokens:
    TAGBOAT_ID_TOKEN: { aud: sts.amazonaws.com }
  rules:
    - if: $CI_COMMIT_BRANCH == "main"
  script:
    - npx tagboat ship
`;

async function found(text: string, of = config) {
  const dir = await tempDir();
  await writeFile(join(dir, '.gitlab-ci.yml'), text);
  const findings = await checkGitLab(dir, of);
  return findings.map(({ code, place }) => `${code} ${place?.line}`);
}
const tokens = /^ {2}id_tokens:\n.*\n/m;
const login = `  before_script:
    - mkdir -p ~/.docker
    - echo "{\\"auths\\":{\\"$CI_REGISTRY\\":{\\"auth\\":\\"$(printf '%s' "$CI_REGISTRY_USER:$CI_REGISTRY_PASSWORD" | base64 -w0)\\"}}}" > ~/.docker/config.json
    - echo "$CI_REGISTRY_PASSWORD" | docker login -u "$CI_REGISTRY_USER" --password-stdin "$CI_REGISTRY"
`;

it("a job's tokens are held against what Google and Azure want too", async () => {
  const google = { workloadIdentityProvider: 'p', serviceAccount: undefined, audience: 'https://iam.googleapis.com/p' };
  const azure = { clientId: 'c', tenantId: 't', audience: 'api://AzureADTokenExchange' };
  const more = '    TAGBOAT_ID_TOKEN_GOOGLE: { aud: https://iam.googleapis.com/p }\n  rules:';
  expect(await found(right, { ...config, google, azure })).toEqual(['WORKFLOW_ID_TOKEN 1', 'WORKFLOW_ID_TOKEN 1']);
  expect(await found(right.replace('  rules:', more), { ...config, google })).toEqual([]);
});

describe('a GitLab pipeline', () => {
  it.each<[string, string, string[]]>([
    ['that is right', right, []],
    ['that logs in by a pipe', right.replace('  script:', `${login}  script:`), []],
    ['without Tagboat', 'build:\n  image: node\n  script: [make]\n', []],
    ['that only plans', right.replace('tagboat ship', 'tagboat plan').replace(tokens, ''), []],
    ['without a token for AWS', right.replace(tokens, ''), ['WORKFLOW_ID_TOKEN 1']],
    ['with a token by a longer name of ours', right.replace('TAGBOAT_ID_TOKEN', 'TAGBOAT_ID_TOKEN_AWS'), []],
    ['with a token under another name', right.replace('TAGBOAT_ID_TOKEN', 'AWS_TOKEN'), ['WORKFLOW_ID_TOKEN 1']],
    ['with a token for somebody else', right.replace('aud: sts', 'aud: https://sts'), ['WORKFLOW_ID_TOKEN 1']],
    ['with a token for several', right.replace('aud: sts.amazonaws.com', 'aud: [x, sts.amazonaws.com]'), []],
    [
      'whose template has the token',
      `.aws:\n${tokens.exec(right)?.[0]}${right.replace(tokens, '  extends: [.none, .aws]\n')}`,
      [],
    ],
    ['whose defaults have the token', `default:\n${tokens.exec(right)?.[0]}${right.replace(tokens, '')}`, []],
    ['whose template is elsewhere', `include: { local: /aws.yml }\n${right.replace(tokens, '  extends: .aws\n')}`, []],
    ['with an image without a version', right.replace('node:22', 'node'), ['WORKFLOW_UNPINNED 2']],
    [
      'with the latest image',
      right.replace('image: node:22', 'image: { name: "r.example:5000/node:latest" }'),
      ['WORKFLOW_UNPINNED 2'],
    ],
    [
      'with an image of a registry with a port',
      right.replace('node:22', 'r.example:5000/node'),
      ['WORKFLOW_UNPINNED 2'],
    ],
    ['with a pinned image', right.replace('node:22', `node@sha256:${'a'.repeat(64)}`), []],
    ['with an image from a variable', right.replace('node:22', '$IMAGE'), []],
    ['with a shared image', `image: node\n${right.replace('  image: node:22\n', '')}`, ['WORKFLOW_UNPINNED 1']],
    ['with a remote file', `include:\n  - remote: https://x.example/ci.yml\n${right}`, ['WORKFLOW_UNPINNED 2']],
    ['with a file of a project, unpinned', `include: { project: a/b, file: x.yml }\n${right}`, ['WORKFLOW_UNPINNED 1']],
    ['with a file of a project, pinned', `include: { project: a/b, ref: v1, file: x.yml }\n${right}`, []],
    [
      'with a component that moves',
      `include: { component: gitlab.com/a/b@~latest }\n${right}`,
      ['WORKFLOW_UNPINNED 1'],
    ],
    ['with its own file', `include: [/ci.yml, { local: /x.yml }, { template: X.yml }]\n${right}`, []],
    [
      'with a password as an argument',
      right.replace('    - npx', '    - docker login -u x -p $CI_REGISTRY_PASSWORD\n    - npx'),
      ['WORKFLOW_SECRET_IN_SCRIPT 8'],
    ],
    [
      'with a token in a URL',
      right.replace('    - npx', '    - git clone https://oauth2:${' + 'TAGBOAT_TOKEN}@x.example/a.git\n    - npx'),
      ['WORKFLOW_SECRET_IN_SCRIPT 8'],
    ],
    [
      'with a token in a header',
      right.replace('    - npx', '    - \'curl --header "PRIVATE-TOKEN: $API_TOKEN" x\'\n    - npx'),
      ['WORKFLOW_SECRET_IN_SCRIPT 8'],
    ],
    ['that is no YAML', right.replace('rules:', 'rules: ['), ['WORKFLOW_INVALID 6']],
    ["with GitLab's own tags", right.replace('  script:', '  script: !reference [.x, script]\n  after_script:'), []],
  ])('%s', async (_, text, expected) => {
    expect(await found(text)).toEqual(expected);
  });

  it('needs no token where no role is assumed', async () => {
    expect(await found(right.replace(tokens, ''), { ...config, aws: undefined })).toEqual([]);
  });

  it('that is not there is no finding', async () => {
    expect(await checkGitLab(await tempDir(), config)).toEqual([]);
  });
});
