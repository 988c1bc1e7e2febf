import { readyAfter } from './chart.ts';

/**
 * How pods fare on the played nodes: by words in their image's name, so that a test's commit decides.
 *
 * - `broken`: the image can't be pulled (`ImagePullBackOff`).
 * - `crashing`: the container ends with 1 again and again (`CrashLoopBackOff`), and its log says why.
 * - `quitting`: it becomes ready as others do, and half a second later the container ends as `crashing` does.
 * - `failing`, in a Job: the pod fails.
 * - `lasting`: nothing ever happens to it.
 * - Anything else becomes ready, or completes where a Job owns it, after the annotation `tagboat.test/ready-after`, and
 *   where that is `told`, not before it is another.
 */
export function kwokConfig(crashLog: string): string {
  return `${[...stages(), logs(crashLog)].join('\n---\n')}\n`;
}

const images = '.spec.containers[].image';
const alive = `
    - { key: '.metadata.deletionTimestamp', operator: DoesNotExist }`;
const fresh = `${alive}
    - { key: '.status.podIP', operator: DoesNotExist }
    - { key: '.status.containerStatuses', operator: DoesNotExist }`;
const ofJob = (operator: 'In' | 'NotIn') => `
    - { key: '.metadata.ownerReferences.[].kind', operator: ${operator}, values: [Job] }`;
const imageSays = (word: string, is: boolean) => `
    - { key: '${images} | test("${word}")', operator: ${is ? 'In' : 'NotIn'}, values: ['true'] }`;

function stage(name: string, selector: string, next: string, extra = ''): string {
  return `apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata: { name: ${name} }
spec:
  resourceRef: { apiGroup: v1, kind: Pod }
  selector:
    matchExpressions:${selector}${extra}
  next:
${next}`;
}

const after = `.metadata.annotations["${readyAfter}"]`;
const delay = `
  delay:
    durationMilliseconds: 200
    durationFrom: { expressionFrom: '${after}' }`;

function status(phase: string, ready: boolean, container: string, withIp: boolean): string {
  return `    statusTemplate: |
      {{ $now := Now }}
      phase: ${phase}
      startTime: {{ $now | Quote }}
      conditions:
      {{ range (list "Initialized" "PodScheduled") }}
      - { type: {{ . }}, status: "True", lastTransitionTime: {{ $now | Quote }} }
      {{ end }}
      {{ range (list "Ready" "ContainersReady") }}
      - { type: {{ . }}, status: "${ready ? 'True' : 'False'}", lastTransitionTime: {{ $now | Quote }} }
      {{ end }}
      hostIP: {{ NodeIPWith .spec.nodeName | Quote }}
${
  withIp
    ? `      podIP: {{ PodIPWith .spec.nodeName ( or .spec.hostNetwork false ) ( or .metadata.uid "" ) ( or .metadata.name "" ) ( or .metadata.namespace "" ) | Quote }}
`
    : ''
}      containerStatuses:
      {{ range .spec.containers }}
      - name: {{ .name | Quote }}
        image: {{ .image | Quote }}
        ready: ${ready}
${container}
      {{ end }}`;
}

const running = `        restartCount: 0
        started: true
        state: { running: { startedAt: {{ $now | Quote }} } }`;

const pulling = `        restartCount: 0
        started: false
        state:
          waiting:
            reason: ImagePullBackOff
            message: {{ printf "Back-off pulling image \\"%s\\": not found" .image | Quote }}`;

const crashing = `        restartCount: 3
        started: false
        state:
          waiting:
            reason: CrashLoopBackOff
            message: {{ printf "back-off 40s restarting failed container=%s" .name | Quote }}
        lastState:
          terminated: { exitCode: 1, reason: Error, startedAt: {{ $now | Quote }}, finishedAt: {{ $now | Quote }} }`;

const ended = (code: number, reason: string) => `        restartCount: 0
        started: false
        state:
          terminated: { exitCode: ${code}, reason: ${reason}, startedAt: {{ $now | Quote }}, finishedAt: {{ $now | Quote }} }`;

function event(reason: string, message: string): string {
  return `
    event: { type: Warning, reason: ${reason}, message: '${message}' }`;
}

function stages(): string[] {
  const well = `${imageSays('broken|crashing|failing|lasting', false)}
    - { key: '${after}', operator: NotIn, values: [told] }`;
  return [
    stage(
      'pull-fails',
      fresh + imageSays('broken', true),
      status('Pending', false, pulling, false) + event('Failed', 'Error: ImagePullBackOff'),
    ),
    stage(
      'crashes',
      fresh + imageSays('crashing', true),
      status('Running', false, crashing, true) + event('BackOff', 'Back-off restarting failed container'),
    ),
    stage('runs', fresh + well + ofJob('NotIn'), status('Running', true, running, true), delay),
    stage(
      'quits',
      `${alive}
    - { key: '.status.containerStatuses.[].ready', operator: In, values: ['true'] }${imageSays('quitting', true)}`,
      status('Running', false, crashing, true),
      '\n  delay: { durationMilliseconds: 500 }',
    ),
    stage('completes', fresh + well + ofJob('In'), status('Succeeded', false, ended(0, 'Completed'), true), delay),
    stage('fails', fresh + imageSays('failing', true) + ofJob('In'), status('Failed', false, ended(1, 'Error'), true)),
    stage(
      'goes',
      `
    - { key: '.metadata.deletionTimestamp', operator: Exists }`,
      `    finalizers: { empty: true }
    delete: true`,
    ),
  ];
}

function logs(file: string): string {
  return `apiVersion: kwok.x-k8s.io/v1alpha1
kind: ClusterLogs
metadata: { name: all }
spec:
  logs: [{ logsFile: ${JSON.stringify(file)}, previousLogsFile: ${JSON.stringify(file)} }]`;
}
