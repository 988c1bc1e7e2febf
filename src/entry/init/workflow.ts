import { starPattern } from '../../wire/text/pattern.ts';
import { actionReference } from '../run/version.ts';
import { audience } from './aws/model.ts';
import type { Choices, NewFile } from './choices.ts';

/** The pipeline that runs Tagboat on a push. Pure. */
export function pipeline(choices: Choices): NewFile {
  return choices.ci === 'github'
    ? { file: '.github/workflows/ship.yml', text: gitHub(choices) }
    : { file: '.gitlab-ci.yml', text: gitLab(choices) };
}

const expression = (text: string): string => `\${{ ${text} }}`;

function gitHub({ aws, registry, delivery, from, app }: Choices): string {
  const ghcr = registry.value.startsWith('ghcr.io');
  const own = delivery?.repo.value === app;
  const login = !ghcr && aws === undefined && !/^127\.|^localhost/.test(registry.value);
  const withs = [
    ...(delivery === undefined ? ['command: build'] : []),
    ...(delivery === undefined
      ? []
      : own
        ? [`token: ${expression('github.token')}`]
        : [
            '# Or app-id and private-key of a GitHub App: its token is made for this run and revoked at its end.',
            `token: ${expression('secrets.CONFIG_TOKEN')} # may write to ${delivery.repo.value}: contents`,
          ]),
    ...(delivery?.application === undefined
      ? []
      : [`argocd-token: ${expression('secrets.ARGOCD_TOKEN')} # applications, get`]),
  ];
  const host = registry.value.split('/')[0] ?? '';
  return `name: Ship

on:
  push:
    branches: [${/^[\w./-]+$/.test(from.value) ? from.value : JSON.stringify(from.value)}]

# A newer push waits for the one before it instead of overtaking it.
concurrency: ship-${expression('github.ref')}

jobs:
  ship:
    runs-on: ubuntu-latest
    permissions:
      contents: ${own ? 'write' : 'read'}
${aws === undefined ? '' : '      id-token: write # for AWS, by OIDC: no stored keys\n'}${ghcr ? '      packages: write # for ghcr.io\n' : ''}    steps:
      - uses: actions/checkout@v4
${login ? `      - uses: docker/login-action@v3\n        with:\n          registry: ${host}\n          username: ${expression('secrets.REGISTRY_USERNAME')}\n          password: ${expression('secrets.REGISTRY_PASSWORD')}\n` : ''}      - uses: ${actionReference}
${withs.length === 0 ? '' : `        with:\n${withs.map((line) => `          ${line}\n`).join('')}`}`;
}

function gitLab({ aws, registry, delivery, from }: Choices): string {
  const gitLabRegistry = aws === undefined && /^registry\./.test(registry.value);
  const command = delivery === undefined ? 'build' : 'ship';
  return `# Set as masked CI variables: TAGBOAT_TOKEN, a token that may write to the config repo${delivery?.application === undefined ? '' : ', and ARGOCD_AUTH_TOKEN'}.
ship:
  image: node:22
  rules:
    - if: $CI_COMMIT_BRANCH ${isBranch(from.value)}
${aws === undefined ? '' : `  id_tokens: # for AWS, by OIDC: no stored keys\n    TAGBOAT_ID_TOKEN:\n      aud: ${audience}\n`}${
  gitLabRegistry
    ? `  before_script:
    - mkdir -p ~/.docker
    - echo "{\\"auths\\":{\\"$CI_REGISTRY\\":{\\"auth\\":\\"$(printf '%s' "$CI_REGISTRY_USER:$CI_REGISTRY_PASSWORD" | base64 -w0)\\"}}}" > ~/.docker/config.json
`
    : ''
}  script:
    - npx --yes tagboat ${command}
`;
}

/** GitLab compares with a text or a regular expression; inside of "[ ]" it wants a slash escaped, which JavaScript doesn't. */
function isBranch(from: string): string {
  if (!from.includes('*')) return `== ${JSON.stringify(from)}`;
  return `=~ /${starPattern(from).source.replaceAll('[^/]', '[^\\/]')}/`;
}
