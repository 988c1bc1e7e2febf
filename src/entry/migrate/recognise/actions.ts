import { type Fact, pathFrom, Unclear } from '../facts.ts';
import { runScript } from '../shell/run.ts';
import { digestValue, plainText, type RunText, unknownValue, variableValue, whyUnknown } from '../value.ts';
import { buildOf, knownText, loginOf } from './docker.ts';
import { recogniseYq } from './files.ts';
import { metadata } from './metadata.ts';
import { lines, type Use, type UseOutcome } from './use.ts';

interface KnownAction {
  /** The inputs that are understood, parted by spaces; any other would be lost. undefined where the step stays as it is. */
  readonly inputs?: string;
  /** Throws Unclear for uses that it doesn't understand. */
  readonly read: (use: Use) => UseOutcome;
}

/** What a use of an action comes to. Throws Unclear. */
export function readUse(uses: string, use: Use): UseOutcome {
  const [name = ''] = uses.split('@');
  const known = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (known === undefined) throw new Unclear(inexpressible[name] ?? `the action ${name}`);
  const understood = known.inputs?.split(' ');
  const strange = Object.keys(use.inputs).find((input) => understood?.includes(input) === false);
  if (strange !== undefined) throw new Unclear(`the input \`${strange}\``);
  return known.read(use);
}

const stays = (why: string): KnownAction => ({ read: () => ({ facts: [{ is: 'stays', why }] }) });

function checkout({ inputs: { repository, path = '', ref, token, ...others } }: Use): UseOutcome {
  if (repository === undefined || repository.includes('\tgithub.repository\t')) {
    if (path !== '') throw new Unclear('a checkout of the app repo in a folder');
    if (ref !== undefined && !/^\uE000(?:commit|branch)\uE001$/.test(ref.replace(/^refs\/heads\//, '')))
      return { facts: [{ is: 'stays', why: 'the app repo is built from this checkout' }, { is: 'elsewhere' }] };
    return { facts: [{ is: 'stays', why: 'the app repo is built from this checkout' }] };
  }
  if (others['ssh-key'] !== undefined) throw new Unclear('an SSH key: Tagboat pushes by https, with a token');
  const strange = Object.keys(others).find((name) => name !== 'fetch-depth' && name !== 'persist-credentials');
  if (strange !== undefined) throw new Unclear(`the input \`${strange}\``);
  const dir = pathFrom('', knownText(path, 'the path'));
  if (dir === undefined || dir === '') throw new Unclear('a checkout over the app repo');
  const repo = repository.replace(/\.git$/, '');
  return { facts: [{ is: 'checkout', dir, repo, ref: ref?.replace(/^refs\/heads\//, ''), token }] };
}

function credentials({ inputs }: Use): UseOutcome {
  const { 'role-to-assume': role, 'aws-region': region } = inputs;
  if (inputs['aws-access-key-id'] !== undefined || role === undefined) {
    const why = 'its keys are taken from the environment; a role by OIDC would need none (tagboat init --with aws)';
    return {
      facts: [
        { is: 'aws', role: undefined, region, seconds: undefined },
        { is: 'stays', why },
      ],
    };
  }
  const account = accountOf(role);
  return {
    facts: [{ is: 'aws', role, region, seconds: plainText(inputs['role-duration-seconds'] ?? '') }],
    outputs: account === undefined ? {} : { 'aws-account-id': account },
  };
}

/** The account that a role is of. */
export function accountOf(role: RunText): RunText | undefined {
  return /^arn:aws[\w-]*:iam::((?:\uE000[^\uE001]*\uE001|\d+)):role\//.exec(role)?.[1];
}

function ecrLogin({ ecr, id }: Use): UseOutcome {
  const registry = ecr ?? variableValue('ECR_REGISTRY', `steps.${id ?? 'login-ecr'}.outputs.registry`, false);
  return { facts: [{ is: 'login', host: registry }], outputs: { registry } };
}

const ownCache = 'Tagboat keeps a cache of its own beside the image';
const dropped: Readonly<Record<string, string>> = {
  'cache-from': ownCache,
  'cache-to': ownCache,
  labels: 'labels of the workflow are not set; those of the Dockerfile are (LABEL)',
  annotations: 'annotations of the workflow are not set',
  pull: 'base images are always taken by what their tag stands for now',
  'no-cache': 'an image is built again when something that decides it changed',
};

function buildPush({ inputs, id, env }: Use): UseOutcome {
  if (inputs.push !== 'true')
    throw new Unclear(
      inputs.push === undefined ? 'an image that is not pushed' : 'an image that is pushed only sometimes',
    );
  const words = {
    ...{ context: inputs.context ?? '.', file: inputs.file, target: inputs.target },
    ...{ refs: lines(inputs.tags, /[\n,]/), args: lines(inputs['build-args']) },
    platforms: lines(inputs.platforms, /[\n,]/),
    attestations: [inputs.provenance ?? 'false', inputs.sbom ?? 'false'],
  };
  const why = words.refs.map(whyUnknown).find((one) => one !== undefined);
  if (why !== undefined) throw new Unclear(`the tags: ${why}`);
  const build = buildOf(words, { variable: env, dir: '' });
  const notes = Object.entries(dropped).flatMap(([name, text]): Fact[] =>
    inputs[name] === undefined ? [] : [{ is: 'note', text: `\`${name}\`: ${text}` }],
  );
  const [first] = build.refs;
  return {
    facts: [build, ...build.refs.map((ref): Fact => ({ is: 'push', ref })), ...notes],
    outputs:
      id === undefined || first === undefined
        ? {}
        : { digest: digestValue(first), imageid: unknownValue('it is the id of an image on the machine') },
  };
}

function yqAction({ inputs, env, wholeCommits }: Use): UseOutcome {
  const scope = { dir: '', variable: env, recognisers: { yq: recogniseYq }, plainBranches: false, wholeCommits };
  return { facts: runScript(inputs.cmd ?? '', scope).found.map(({ fact }) => fact) };
}

/** Actions that commit and push what changed. */
function commitAndPush(dirInput: string, messageInput: string, others: string): KnownAction {
  return {
    inputs: `${dirInput} ${messageInput} ${others}`,
    read: ({ inputs }) => {
      const dir = pathFrom('', knownText(inputs[dirInput] ?? '.', 'the folder')) ?? '';
      if (inputs.push !== undefined && inputs.push !== 'true') throw new Unclear('the input `push`');
      const people = (['name', 'email'] as const).flatMap((what): Fact[] => {
        const value = inputs[`author_${what}`] ?? inputs[`commit_user_${what}`];
        return value === undefined ? [] : [{ is: 'person', what, value }];
      });
      const message = inputs[messageInput];
      return { facts: [...people, { is: 'commit', dir, message }, { is: 'pushed', dir, branch: inputs.branch }] };
    },
  };
}

const actions: Readonly<Record<string, KnownAction>> = {
  'actions/checkout': { read: checkout },
  'aws-actions/configure-aws-credentials': {
    inputs:
      'role-to-assume aws-region role-duration-seconds role-session-name mask-aws-account-id aws-access-key-id aws-secret-access-key aws-session-token',
    read: credentials,
  },
  'aws-actions/amazon-ecr-login': { inputs: 'mask-password skip-logout', read: ecrLogin },
  'docker/login-action': {
    inputs: 'registry username password logout ecr',
    read: ({ inputs }) => ({ facts: [loginOf(inputs.registry ?? 'docker.io', inputs.password ?? '')] }),
  },
  'docker/setup-buildx-action': stays("Tagboat's builds use the builder that it makes"),
  'docker/setup-qemu-action': stays('other platforms are built by it'),
  'docker/metadata-action': { inputs: 'images tags flavor labels annotations github-token sep-tags', read: metadata },
  'docker/build-push-action': {
    inputs: `context file push tags build-args target platforms provenance sbom builder github-token ${Object.keys(dropped).join(' ')}`,
    read: buildPush,
  },
  'mikefarah/yq': { inputs: 'cmd', read: yqAction },
  'stefanzweifel/git-auto-commit-action': commitAndPush(
    'repository',
    'commit_message',
    'branch commit_user_name commit_user_email file_pattern',
  ),
  'EndBug/add-and-commit': commitAndPush('cwd', 'message', 'add author_name author_email push default_author'),
  'imranismail/setup-kustomize': { read: () => ({ facts: [] }) },
};

/** Actions that are known and can't be expressed, with the reason. */
const inexpressible: Readonly<Record<string, string>> = {
  'docker/bake-action':
    'its images stand in a bake file: `tagboat init` finds their Dockerfiles; write them under `images:`',
  'peter-evans/create-pull-request': 'it opens a pull request, where Tagboat would push to the branch',
  'actions/create-github-app-token':
    'give its app-id and private-key to Tagboat, which makes a token for the run and revokes it',
};

/** Whether a text is a whole reason, and no mere name of what isn't understood. */
export function isReason(why: string): boolean {
  return Object.values(inexpressible).includes(why);
}
