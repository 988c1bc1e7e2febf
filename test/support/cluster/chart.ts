/** The pods' annotation that says after how long they become ready; `told`: not before it is something else. */
export const readyAfter = 'tagboat.test/ready-after';

/** What one test's chart holds beside its deployment. */
export interface ChartOptions {
  /** Tag of the deployment's image. Default `v1`. */
  readonly tag?: string;
  /** A Job that runs before each sync; its image's tag is `.migration.imageTag`. */
  readonly hook?: boolean;
  /** Tag of the hook's image. */
  readonly migration?: string;
  /** How long a new pod takes until it is ready, as Go writes durations, or `told`. Default `200ms`. */
  readonly readyAfter?: string;
  /** Pods have a readiness probe. Default true: without one, nobody has asked their program when they are ready. */
  readonly probe?: boolean;
}

/** A Helm chart in `main/`, its image's tag at `.front.imageTag` of `main/values.yaml`. */
export function chart({ hook = false, probe = true, ...options }: ChartOptions = {}): Record<string, string> {
  return {
    'main/Chart.yaml': 'apiVersion: v2\nname: shop\nversion: 0.1.0\n',
    'main/values.yaml': values(options),
    'main/templates/front.yaml': probe ? deployment + readinessProbe : deployment,
    ...(hook ? { 'main/templates/migration.yaml': migration } : {}),
  };
}

export interface Values {
  readonly tag?: string;
  readonly readyAfter?: string;
  /** Tag of the hook's image. */
  readonly migration?: string;
}

/** `main/values.yaml`. */
export function values({ tag = 'v1', readyAfter: after = '200ms', migration = 'v1' }: Values): string {
  return `# the shop
front:
  image: registry.test/front
  imageTag: ${tag}   # by CI
  replicas: 1
  readyAfter: ${after}
migration:
  imageTag: ${migration}
`;
}

// What never becomes ready is Degraded soon, but not before its pods have told why. Everything else has time enough.
const deployment = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: front
spec:
  replicas: {{ .Values.front.replicas }}
  revisionHistoryLimit: 1
  progressDeadlineSeconds: {{ regexMatch "broken|crashing|quitting" (toString .Values.front.imageTag) | ternary 10 600 }}
  selector:
    matchLabels: { app: front }
  template:
    metadata:
      labels: { app: front }
      annotations: { ${readyAfter}: {{ .Values.front.readyAfter | quote }} }
    spec:
      terminationGracePeriodSeconds: 0
      containers:
        - name: front
          image: "{{ .Values.front.image }}:{{ .Values.front.imageTag }}"
`;

const readinessProbe = `          readinessProbe: { httpGet: { path: /, port: 80 } }
`;

const migration = `apiVersion: batch/v1
kind: Job
metadata:
  name: migration
  annotations:
    argocd.argoproj.io/hook: PreSync
    argocd.argoproj.io/hook-delete-policy: BeforeHookCreation
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      terminationGracePeriodSeconds: 0
      containers:
        - name: migration
          image: "registry.test/migration:{{ .Values.migration.imageTag }}"
`;
