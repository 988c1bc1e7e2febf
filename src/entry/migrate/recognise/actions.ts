import type { BuildFact, Fact } from '../facts.ts';
import { pathFrom } from '../facts.ts';
import { Unclear } from '../shell/tree.ts';
import { digestValue, plainText, unknownValue, variableValue, whyUnknown } from '../value.ts';
import { argument, knownText, loginOf } from './docker.ts';
import { yqEdits } from './files.ts';
import { metadata } from './metadata.ts';
import { lines, only, type Use, type UseOutcome, type UseRecogniser } from './use.ts';

const stays =
  (why: string): UseRecogniser =>
  () => ({ facts: [{ is: 'stays', why }] });

function checkout({ inputs }: Use): UseOutcome {
  const { repository, path = '', ref, token } = inputs;
  if (repository === undefined || repository.includes('\tgithub.repository\t')) {
    if (path !== '') throw new Unclear('a checkout of the app repo in a folder');
    return { facts: [{ is: 'stays', why: 'the app repo is built from this checkout' }] };
  }
  only(inputs, 'repository', 'path', 'ref', 'token', 'ssh-key', 'fetch-depth', 'persist-credentials');
  if (inputs['ssh-key'] !== undefined) throw new Unclear('an SSH key: Tagboat pushes by https, with a token');
  const dir = pathFrom('', knownText(path, 'the path'));
  if (dir === undefined || dir === '') throw new Unclear('a checkout over the app repo');
  return {
    facts: [
      { is: 'checkout', dir, repo: repository.replace(/\.git$/, ''), ref: ref?.replace(/^refs\/heads\//, ''), token },
    ],
  };
}

function credentials({ inputs }: Use): UseOutcome {
  const role = inputs['role-to-assume'];
  const region = inputs['aws-region'];
  if (inputs['aws-access-key-id'] !== undefined || role === undefined) {
    return {
      facts: [
        { is: 'aws', role: undefined, region, seconds: undefined },
        {
          is: 'stays',
          why: 'its keys are taken from the environment; a role by OIDC would need none (tagboat init --with aws)',
        },
      ],
    };
  }
  only(inputs, 'role-to-assume', 'aws-region', 'role-duration-seconds', 'role-session-name', 'mask-aws-account-id');
  const account = /^arn:aws[\w-]*:iam::((?:\uE000[^\uE001]*\uE001|\d+)):role\//.exec(role)?.[1];
  return {
    facts: [{ is: 'aws', role, region, seconds: plainText(inputs['role-duration-seconds'] ?? '') }],
    outputs: account === undefined ? {} : { 'aws-account-id': account },
  };
}

function ecrLogin({ inputs, ecr, id }: Use): UseOutcome {
  only(inputs, 'mask-password', 'skip-logout', 'registries');
  const registry = ecr ?? variableValue('ECR_REGISTRY', `steps.${id ?? 'login-ecr'}.outputs.registry`, false);
  return { facts: [{ is: 'login', host: registry }], outputs: { registry } };
}

function login({ inputs }: Use): UseOutcome {
  only(inputs, 'registry', 'username', 'password', 'logout', 'ecr');
  return { facts: [loginOf(inputs.registry ?? 'docker.io', inputs.password ?? '')] };
}

const dropped: Readonly<Record<string, string>> = {
  'cache-from': 'Tagboat keeps a cache of its own beside the image',
  'cache-to': 'Tagboat keeps a cache of its own beside the image',
  labels: 'labels of the workflow are not set; those of the Dockerfile are (LABEL)',
  annotations: 'annotations of the workflow are not set',
  pull: 'base images are always taken by what their tag stands for now',
  'no-cache': 'an image is built again when something that decides it changed',
};

function buildPush({ inputs, id, env }: Use): UseOutcome {
  only(
    inputs,
    'context',
    'file',
    'push',
    'tags',
    'build-args',
    'target',
    'platforms',
    'provenance',
    'sbom',
    'builder',
    'github-token',
    ...Object.keys(dropped),
  );
  const { context = '.', file } = inputs;
  if (inputs.push !== 'true')
    throw new Unclear(
      inputs.push === undefined ? 'an image that is not pushed' : 'an image that is pushed only sometimes',
    );
  for (const name of ['provenance', 'sbom'])
    if (![undefined, 'false'].includes(inputs[name])) throw new Unclear(`the input \`${name}\``);
  const dir = pathFrom('', knownText(context, 'the build context'));
  const dockerfile =
    file === undefined
      ? [dir, 'Dockerfile'].filter((part) => part !== '').join('/')
      : pathFrom('', knownText(file, 'the Dockerfile'));
  if (dir === undefined || dockerfile === undefined || /:\/\//.test(context)) throw new Unclear('the build context');
  const refs = lines(inputs.tags, /[\n,]/);
  const why = whyUnknown(inputs.tags ?? '');
  if (why !== undefined) throw new Unclear(`the tags: ${why}`);
  const build: BuildFact = {
    is: 'build',
    refs,
    dockerfile,
    context: dir,
    target: inputs.target === undefined ? undefined : knownText(inputs.target, 'the target'),
    args: lines(inputs['build-args']).map((line) => argument(line, env)),
    platforms: lines(inputs.platforms, /[\n,]/).map((platform) => knownText(platform, 'the platform')),
  };
  const notes = Object.entries(dropped).flatMap(([name, text]): Fact[] =>
    inputs[name] === undefined ? [] : [{ is: 'note', text: `\`${name}\`: ${text}` }],
  );
  return {
    facts: [build, ...refs.map((ref): Fact => ({ is: 'push', ref })), ...notes],
    outputs:
      id === undefined || refs[0] === undefined
        ? {}
        : { digest: digestValue(refs[0]), imageid: unknownValue('it is the id of an image on the machine') },
  };
}

function yqAction({ inputs, env }: Use): UseOutcome {
  const [, expression = '', file = ''] =
    /^\s*yq\s+(?:e(?:val)?\s+)?-i\s+'([^']*)'\s+(\S+)\s*$/.exec(inputs.cmd ?? '') ?? [];
  const path = pathFrom('', knownText(file, 'the file'));
  if (expression === '' || path === undefined) throw new Unclear('its command');
  return { facts: yqEdits(expression, env).map((edit): Fact => ({ is: 'edit', file: path, ...edit })) };
}

/** Actions that commit and push what changed. */
function commitAndPush(dirInput: string, messageInput: string): UseRecogniser {
  return ({ inputs }) => {
    const dir = pathFrom('', knownText(inputs[dirInput] ?? '.', 'the folder')) ?? '';
    const branch = inputs.branch;
    if (inputs.create_branch !== undefined || inputs.new_branch !== undefined || inputs.push === 'false')
      throw new Unclear('a branch that is made');
    return {
      facts: [
        { is: 'commit', dir, message: inputs[messageInput] },
        { is: 'pushed', dir, branch },
      ],
    };
  };
}

/** The actions that are understood, by their names without version. */
export const actions: Readonly<Record<string, UseRecogniser>> = {
  'actions/checkout': checkout,
  'aws-actions/configure-aws-credentials': credentials,
  'aws-actions/amazon-ecr-login': ecrLogin,
  'docker/login-action': login,
  'docker/setup-buildx-action': stays("Tagboat's builds use the builder that it makes"),
  'docker/setup-qemu-action': stays('other platforms are built by it'),
  'docker/metadata-action': metadata,
  'docker/build-push-action': buildPush,
  'mikefarah/yq': yqAction,
  'stefanzweifel/git-auto-commit-action': commitAndPush('repository', 'commit_message'),
  'EndBug/add-and-commit': commitAndPush('cwd', 'message'),
  'imranismail/setup-kustomize': () => ({ facts: [] }),
};

/** Actions that are known and can't be expressed, with the reason. */
export const inexpressible: Readonly<Record<string, string>> = {
  'docker/bake-action':
    'its images stand in a bake file: `tagboat init` finds their Dockerfiles; write them under `images:`',
  'peter-evans/create-pull-request': 'it opens a pull request, where Tagboat would push to the branch',
  'actions/create-github-app-token':
    'give its app-id and private-key to Tagboat, which makes a token for the run and revokes it',
};
