import { createHash } from 'node:crypto';

/** One file of the config repo that is measured. */
export interface ConfigFile {
  readonly path: string;
  readonly text: string;
}

/** A value that a run replaces. */
export interface Target {
  readonly name: 'deep' | 'top';
  readonly file: string;
  /** The top-level key and the key below it. */
  readonly section: string;
  readonly key: string;
}

const environments = ['dev', 'test', 'staging', 'production'];
const kinds: readonly (readonly [string, (folder: string, app: number, environment: string) => string])[] = [
  ['kustomization.yaml', appKustomization],
  ['network.yaml', appNetwork],
  ['secrets.yaml', appSecrets],
  ['values.yaml', appValues],
];
const filesPerApp = environments.length * kinds.length;
const appsPerTeam = 50;

/** The folder of the n-th application, without environment: `apps/team-03/app-0042`. */
function appFolder(app: number): string {
  const team = Math.floor(app / appsPerTeam);
  return `apps/team-${String(team).padStart(3, '0')}/app-${String(app).padStart(5, '0')}`;
}

/**
 * A config repo of `count` files: one Helm chart as in the workflow Tagboat replaces, and applications by team and
 * environment, four folders deep. Always the same bytes for the same count.
 */
export function* configFiles(count: number): Generator<ConfigFile> {
  yield { path: 'main/Chart.yaml', text: 'apiVersion: v2\nname: main\ndescription: The shop\nversion: 1.0.0\n' };
  yield { path: 'main/values.yaml', text: chartValues() };
  for (let index = 2; index < count; index += 1) {
    const app = Math.floor((index - 2) / filesPerApp);
    const within = (index - 2) % filesPerApp;
    const environment = environments[Math.floor(within / kinds.length)] ?? '';
    const [name, write] = kinds[within % kinds.length] ?? ['', () => ''];
    const folder = `${appFolder(app)}/${environment}`;
    yield { path: `${folder}/${name}`, text: write(folder, app, environment) };
  }
}

/** The two values that are measured: one four folders deep in the middle of the repo, and the chart's. */
export function targets(count: number): readonly Target[] {
  const app = Math.floor(count / filesPerApp / 2);
  return [
    { name: 'deep', file: `${appFolder(app)}/production/values.yaml`, section: 'image', key: 'tag' },
    { name: 'top', file: 'main/values.yaml', section: 'front', key: 'imageTag' },
  ];
}

/** The repo as input for `git fast-import`: all files in one commit, then `history` commits of one tag each. */
export function* importStream(count: number, history: number): Generator<string> {
  yield* commitHead(0, 'Add all applications');
  for (const file of configFiles(count)) yield change(file);
  const apps = Math.max(1, Math.floor((count - 2) / filesPerApp));
  for (let step = 1; step <= history; step += 1) {
    const app = (step * 37) % apps;
    const folder = `${appFolder(app)}/dev`;
    yield* commitHead(step, `Update app-${app} to ${hex(`step ${step}`, 12)}`);
    yield change({ path: `${folder}/values.yaml`, text: appValues(folder, app, 'dev', `step ${step}`) });
  }
  yield 'done\n';
}

function* commitHead(step: number, message: string): Generator<string> {
  const at = 1_700_000_000 + step * 60;
  yield `commit refs/heads/main\ncommitter Bench <bench@example.com> ${at} +0000\ndata ${message.length}\n${message}\n`;
}

function change(file: ConfigFile): string {
  return `M 100644 inline ${file.path}\ndata ${Buffer.byteLength(file.text)}\n${file.text}\n`;
}

// Tags, digests and sealed values don't compress or delta, in real config repos as here.
function hex(seed: string, digits: number): string {
  return createHash('sha512').update(seed).digest('hex').slice(0, digits);
}

function sealed(seed: string): string {
  return createHash('sha512').update(seed).digest('base64');
}

export function chartValues(): string {
  const side = (name: string) => `${name}:
  replicas: 2
  imageRepository: registry.example.com/shop/${name}
  imageTag: ${hex(name, 40)}
  resources:
    requests: { cpu: 250m, memory: 256Mi }
    limits: { memory: 512Mi }
`;
  return `# The shop's chart. Tags are written by the pipelines.\n${['front', 'api', 'migration'].map(side).join('\n')}`;
}

function appValues(folder: string, app: number, environment: string, revision = ''): string {
  const name = `app-${String(app).padStart(5, '0')}`;
  return `# ${name} in ${environment}
replicaCount: ${1 + (app % 5)}
image:
  repository: registry.example.com/${name}
  tag: ${hex(`${folder} ${revision}`, 40)}
  pullPolicy: IfNotPresent
serviceAccount:
  name: ${name}
  annotations:
    eks.amazonaws.com/role-arn: arn:aws:iam::${100_000_000_000 + app}:role/${name}-${environment}
service:
  type: ClusterIP
  port: 8080
ingress:
  enabled: true
  host: ${name}.${environment}.example.com
  tls: ${name}-${environment}-tls
resources:
  requests:
    cpu: ${100 + (app % 9) * 50}m
    memory: ${128 + (app % 7) * 64}Mi
  limits:
    memory: ${256 + (app % 7) * 128}Mi
autoscaling:
  minReplicas: ${1 + (app % 5)}
  maxReplicas: ${5 + (app % 11)}
  targetCPU: 70
env:
  LOG_LEVEL: info
  DATABASE_HOST: ${name}.${hex(`${folder} db`, 12)}.rds.example.com
  CONFIG_REVISION: "${hex(`${folder} config`, 32)}"
`;
}

function appSecrets(folder: string, app: number, environment: string): string {
  const name = `app-${String(app).padStart(5, '0')}`;
  return `apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
  name: ${name}
  namespace: ${environment}
  labels:
    app.kubernetes.io/name: ${name}
    app.kubernetes.io/managed-by: Helm
spec:
  encryptedData:
    databasePassword: ${sealed(`${folder} password`)}
    sessionKey: ${sealed(`${folder} session`)}
  template:
    metadata:
      name: ${name}
    type: Opaque
`;
}

function appKustomization(folder: string, app: number, environment: string): string {
  const name = `app-${String(app).padStart(5, '0')}`;
  return `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: ${environment}
namePrefix: ${environment}-
labels:
  - pairs:
      app.kubernetes.io/name: ${name}
      example.com/team: team-${Math.floor(app / appsPerTeam)}
resources:
  - ../../../../bases/web?ref=${hex(`${folder} base`, 40)}
  - network.yaml
  - secrets.yaml
configMapGenerator:
  - name: ${name}-flags
    literals:
      - CHECKOUT_V2=${app % 2 === 0}
      - SEARCH_INDEX=${hex(`${folder} index`, 16)}
      - SAMPLE_RATE=0.${app % 10}
patches:
  - target: { kind: Deployment, name: ${name} }
    patch: |-
      - op: replace
        path: /spec/template/metadata/annotations/example.com~1revision
        value: ${hex(`${folder} annotation`, 20)}
      - op: add
        path: /spec/template/spec/priorityClassName
        value: ${environment === 'production' ? 'high' : 'low'}
`;
}

function appNetwork(_folder: string, app: number, environment: string): string {
  const name = `app-${String(app).padStart(5, '0')}`;
  return `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: ${name}
  namespace: ${environment}
spec:
  podSelector:
    matchLabels:
      app.kubernetes.io/name: ${name}
  policyTypes: [Ingress, Egress]
  ingress:
    - from:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: ingress
      ports:
        - { protocol: TCP, port: 8080 }
  egress:
    - to:
        - ipBlock:
            cidr: 10.${app % 256}.${(app >> 3) % 256}.0/24
      ports:
        - { protocol: TCP, port: 5432 }
    - to:
        - namespaceSelector: {}
      ports:
        - { protocol: UDP, port: 53 }
        - { protocol: TCP, port: 53 }
`;
}
