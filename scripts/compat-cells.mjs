// What stands in docs/compatibility.md: which tests prove which cell, and why a cell is not tried. `npm run compat` fails
// where a test named here is not found, and test/docs/compatibility.test.ts where its words are not in its file.

/** Proved by every test of the file whose full name has all these words. The first of them stands in the file as it is. */
const by = (file, ...has) => ({ file: `test/${file}`, has });
/** Passes, but otherwise than the column's word suggests. */
const differs = (word, proof) => ({ ...proof, differs: word });
const not = (why) => ({ not: why });

const noServer = not('no server of it runs here');
const everyCommand = (host) => by('commit/hosts.test.ts', 'every command on a host', host);
const host = (name, kind) => ({
  name,
  cells: {
    '*': everyCommand(kind),
    '8 writers': by('commit/hosts.test.ts', 'eight writers at once on a host', kind),
  },
});

const realHost = (name, title) => ({
  name: `${name} (real)`,
  cells: {
    commit: by('commit/real-hosts.slow.test.ts', 'takes a commit, a hold that later ones respect', title),
    '8 writers': by('commit/real-hosts.slow.test.ts', 'takes eight writers at once, each exactly once', title),
    rollback: by('commit/real-hosts.slow.test.ts', 'and the earlier value back', title),
    hold: by('commit/real-hosts.slow.test.ts', 'a hold that later ones respect', title),
    '*': by('commit/real-hosts.slow.test.ts', 'takes a promotion past a change that waits', title),
  },
});

// One before the pinned one and one after it, each its newest patch that builds (3.2.12 doesn't). A column each.
const argocds = [
  ['{argocd 3.0.23}', '3.0.23'],
  ['{argocd}', undefined],
  ['{argocd 3.2.11}', '3.2.11'],
];
const cluster = (file, title) => by(`cluster/${file}.cluster.test.ts`, title);
const verdict = (name, proof) => ({
  name,
  cells: {
    ...Object.fromEntries(
      argocds.map(([column, argocd]) => [column, argocd === undefined ? proof : { ...proof, argocd }]),
    ),
    'other versions': not(
      '3.3 to 3.5 take a part from their repository that is published for none of their releases; 3.6 was not built yet',
    ),
  },
});

const registry = (name, title, more = {}) => ({
  name,
  cells: {
    push: by('wire/oci/client.test.ts', 'pushes an image and reads it back by tag and by digest', title),
    mount: by('wire/oci/client.test.ts', 'mounts a blob that a sibling has, and uploads it where none has', title),
    'several platforms': by('image/build.test.ts', 'makes one index of several platforms', title),
    'a new tag for what is known': by('image/reuse/reuse.test.ts', 'gets the new tag and stays what it is', title),
    zstd: not('tried at the sandbox’s own'),
    signing: by('image/sign/sign.test.ts', 'an image is signed as cosign does', more.signs),
    ...more.cells,
  },
});

const ci = (name) => ({
  name,
  cells: {
    'what a job is of': by('entry/run/source/ci.test.ts', `says what a job is of`, name),
    'the page’s own job':
      name === 'GitLab'
        ? by('docs/gitlab-component.test.ts', 'gives a job in which doctor finds nothing, whatever its inputs are')
        : name === 'GitHub Actions'
          ? by('entry/action/action.test.ts', 'ships, and leaves outputs and a summary')
          : by('docs/other-ci.test.ts', 'names commands, options and variables that there are'),
    'a run on its servers': not('none of its servers run here'),
  },
});

export const compatTables = [
  {
    title: 'Git hosts and commands',
    head: 'git host',
    columns: ['commit', '8 writers', 'rollback', 'hold', 'promote', 'queue'],
    rows: [
      {
        name: 'git’s own `http-backend`',
        cells: {
          '*': everyCommand('that allows all'),
          '8 writers': by(
            'commit/queue/queued.test.ts',
            'lands thirty writers at once, each exactly once, with fewer pushes to the branch than writers',
          ),
        },
      },
      host('the same with GitHub’s rules of filters', 'that filters by depth, but not deeper than 0'),
      host('the same without filters', 'that filters nothing'),
      host('the same as JGit filters', 'that applies filters to ids, as JGit does'),
      host('the same, protocol 1', 'of version 1'),
      host('the same, protocol 0', 'of version 0 that does neither'),
      host('the same as Dulwich demands', 'that demands what git names, as Dulwich does'),
      realHost('Dulwich', 'a real Dulwich'),
      realHost('JGit', 'a real JGit'),
      realHost('Gitea', 'a real Gitea'),
      {
        name: 'GitHub’s API (a stand-in, held to GitHub’s own description)',
        cells: {
          commit: by(
            'commit/land/by-api.test.ts',
            'takes two requests, at any depth and whatever else there is, and one where nothing is to be done',
          ),
          '8 writers': by('commit/land/by-api.test.ts', 'lands eight writers by the API and by git, each exactly once'),
          '*': by('commit/land/by-api.test.ts', 'takes a promotion, and a rollback with its hold, as one commit each'),
          hold: by('commit/land/by-api.test.ts', 'respects holds, and makes and ends them'),
          queue: differs(
            'no queue: the API’s commit is tried again',
            by('commit/land/by-api.test.ts', 'takes two more when somebody else was faster'),
          ),
        },
      },
      ...['GitHub', 'GitLab', 'Bitbucket', 'Azure DevOps', 'CodeCommit', 'Gerrit'].map((name) => ({
        name,
        cells: { '*': noServer },
      })),
    ],
  },
  {
    title: 'Registries and features',
    head: 'registry',
    columns: ['push', 'mount', 'zstd', 'several platforms', 'a new tag for what is known', 'referrers', 'signing'],
    rows: [
      registry('Debian’s `docker-registry`', 's docker-registry', {
        signs: "'docker-registry'",
        cells: {
          referrers: differs(
            'by a tag: it has no such list',
            by('wire/oci/referrers.test.ts', 'tells what refers to a manifest once it is put', 'docker-registry'),
          ),
        },
      }),
      registry('the sandbox’s own', 's own registry', {
        signs: "'ours'",
        cells: {
          zstd: {
            ...by('image/layer/zstd.test.ts', 'are what the config says they are, on a base of Docker’s kind too'),
            without: 'this Node has no zstd',
          },
          referrers: by(
            'wire/oci/referrers.test.ts',
            'a registry that says that it lists referrers gets no tag for them',
          ),
        },
      }),
      ...['Amazon ECR', 'Artifact Registry', 'Azure Container Registry', 'GHCR', 'Docker Hub', 'Harbor'].map(
        (name) => ({
          name,
          cells: { '*': noServer },
        }),
      ),
    ],
  },
  {
    title: 'Argo CD and its verdicts',
    head: 'what becomes of a config commit',
    columns: [...argocds.map(([column]) => column), 'other versions'],
    rows: [
      verdict('healthy', cluster('delivery', 'a first delivery builds its image, lands its tag and is healthy')),
      verdict('superseded by a second delivery', cluster('delivery', 'a second delivery while the first syncs')),
      verdict('told by a signed webhook', cluster('delivery', 'a signed webhook is taken and is enough')),
      verdict('nothing changed', cluster('delivery', 'a delivery that changes nothing is judged by what is live')),
      verdict('an application of two sources', cluster('delivery', 'an application of two sources is healthy')),
      verdict('synced by hand', cluster('delivery', 'an application that is synced by hand is timed out')),
      verdict('an image that can’t be pulled', cluster('trouble', 'an image that never becomes ready is degraded')),
      verdict('a container that crashes', cluster('trouble', 'a container that crashes is degraded')),
      verdict('a chart that can’t be rendered', cluster('trouble', 'a chart that cannot be rendered has failed')),
      verdict('a hook that fails', cluster('trouble', 'a hook that fails has failed the sync')),
      verdict('an application that is deleted', cluster('trouble', 'an application that is deleted meanwhile')),
      verdict('an API server that goes away', cluster('trouble', 'an API server that goes and comes back in between')),
      verdict('a token without rights', cluster('trouble', 'a token without rights, and one that is none')),
    ],
  },
  {
    title: 'Builders and the fingerprint',
    head: 'builder',
    columns: ['builds and pushes', 'the same image as BuildKit’s', 'a new fingerprint exactly for a new result'],
    rows: [
      {
        name: 'assembling',
        cells: {
          'builds and pushes': by(
            'image/build.test.ts',
            'pushes an image whose digest is read back, and sends no known blob a second time',
          ),
          'the same image as BuildKit’s': by(
            'image/golden.test.ts',
            'assemble makes of every case what BuildKit made of it',
          ),
          'a new fingerprint exactly for a new result': by(
            'image/fingerprint/mutations.test.ts',
            'a fingerprint is a new one exactly when the result is',
          ),
        },
      },
      {
        name: '`docker buildx` ({buildkitd})',
        cells: {
          'builds and pushes': by(
            'image/engine/buildkit.test.ts',
            'tells its steps as they go, and the lines that the plain format has',
          ),
          'the same image as BuildKit’s': not('it is BuildKit'),
          'a new fingerprint exactly for a new result': by(
            'image/fingerprint/mutations.slow.test.ts',
            'a fingerprint beside ',
            's BuildKit',
          ),
        },
      },
      {
        name: '`docker build` ({dockerd})',
        cells: {
          'builds and pushes': by(
            'image/engine/marks.slow.test.ts',
            "Docker's own builder gives an image its labels and further tags",
          ),
          'the same image as BuildKit’s': by('image/engine/rules.slow.test.ts', 'docker’s own builder reads'),
          'a new fingerprint exactly for a new result': by(
            'image/fingerprint/mutations.slow.test.ts',
            'a fingerprint beside ',
            'docker build',
          ),
        },
      },
      {
        name: 'buildah ({buildah})',
        cells: {
          'builds and pushes': by(
            'image/build.test.ts',
            'builds and pushes a Dockerfile with a RUN, and its digest is read back',
          ),
          'the same image as BuildKit’s': differs(
            'some Dockerfiles: those are built every time',
            by('image/engine/rules.slow.test.ts', 'buildah reads'),
          ),
          'a new fingerprint exactly for a new result': not('fingerprints go by BuildKit’s rules'),
        },
      },
    ],
  },
  {
    title: 'CI systems',
    head: 'CI',
    columns: ['what a job is of', 'the page’s own job', 'a run on its servers'],
    rows: [
      ...['GitHub Actions', 'Forgejo Actions', 'GitLab', 'Bitbucket', 'CircleCI', 'Jenkins', 'Azure Pipelines'],
      ...['Buildkite', 'Drone', 'Woodpecker'],
    ].map(ci),
  },
  {
    title: 'Node.js',
    head: 'Node.js',
    columns: ['the command line’s whole demo, from sign-in to rollback'],
    rows: ['20.19', '22', '24'].map((version) => ({
      name: `{node ${version}}`,
      cells: {
        '*': by(
          'entry/cli/node-versions.slow.test.ts',
          'delivers five times and says nothing but its own words',
          `on Node ${version}`,
        ),
      },
    })),
  },
];
