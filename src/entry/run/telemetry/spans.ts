import type { Event } from '../../../events.ts';
import { healthOf } from '../../../plan/deploy.ts';
import type { ImageOutcome } from '../../../plan/outcome.ts';
import type { Source } from '../../../plan.ts';

export type Attributes = Readonly<Record<string, string | number | string[] | undefined>>;

/** A piece of a run with its times, milliseconds since the epoch. Names by OpenTelemetry's semantic conventions 1.37. */
export interface SpanRecord {
  readonly name: string;
  readonly of: 'task' | 'request';
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Attributes;
  /** A code, and its message. */
  readonly error?: { readonly type: string; readonly message: string } | undefined;
}

/** Where telemetry goes, by the words of OpenTelemetry's specification (OTLP exporter). */
export interface Collector {
  readonly traces: string;
  readonly metrics: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly form: 'protobuf' | 'json';
}

/** All of a run that telemetry is made of. */
export interface Recorded {
  readonly command: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly exitCode: number;
  readonly error: { readonly type: string; readonly message: string } | undefined;
  readonly source: Source | undefined;
  readonly events: readonly Event[];
  readonly requests: readonly SpanRecord[];
}

/** The parts of a run by its events: steps, images, deliveries, and what they wait for in Argo CD. Pure. */
export function spansOf(events: readonly Event[]): SpanRecord[] {
  const begun = new Map<string, number>();
  const begin = (key: readonly string[], at: string): void => void begun.set(JSON.stringify(key), Date.parse(at));
  const since = (key: readonly string[], at: string): number => begun.get(JSON.stringify(key)) ?? Date.parse(at);
  const task = (
    name: string,
    type: string,
    key: readonly string[],
    at: string,
    rest: Partial<SpanRecord>,
  ): SpanRecord => ({
    ...{ name, of: 'task', startMs: since(key, at), endMs: Date.parse(at), error: rest.error },
    attributes: {
      'cicd.pipeline.task.name': name,
      'cicd.pipeline.task.type': type,
      'cicd.pipeline.task.run.result': rest.error === undefined ? 'success' : 'failure',
      ...rest.attributes,
    },
  });
  return events.flatMap((event): SpanRecord[] => {
    const { at } = event;
    switch (event.type) {
      case 'step.started':
        begin([event.stage, event.subject], at);
        // What a config repo is asked first is where its deliveries begin.
        if (event.stage === 'commit') begin(['landing'], at);
        return [];
      case 'step.finished': {
        const name = `${event.stage} ${event.subject}`;
        return [task(name, event.stage === 'build' ? 'build' : 'deploy', [event.stage, event.subject], at, {})];
      }
      case 'image.started':
        begin(['image', event.image], at);
        return [];
      case 'image.finished': {
        const { outcome } = event;
        const seconds = outcome.is === 'skipped' ? 0 : outcome.seconds;
        begin(['image', event.image], new Date(Date.parse(at) - seconds * 1_000).toISOString());
        const attributes = imageAttributes(event.image, outcome);
        return [task(`image ${event.image}`, 'build', ['image', event.image], at, { attributes })];
      }
      case 'image.failed': {
        const error = { type: event.error.code, message: event.error.message };
        const attributes = { 'container.image.name': event.image };
        return [task(`image ${event.image}`, 'build', ['image', event.image], at, { attributes, error })];
      }
      case 'commit.finished':
      case 'commit.failed': {
        const failed = event.type === 'commit.failed' ? event.error : undefined;
        const outcome = event.type === 'commit.finished' ? event.outcome : undefined;
        const attributes = {
          ...deploymentOf(event.delivery, failed === undefined),
          'deployment.id': outcome !== undefined && 'commit' in outcome ? outcome.commit : undefined,
          'tagboat.outcome': outcome?.is ?? 'failed',
          'tagboat.commit.attempts': outcome?.is === 'landed' ? outcome.attempts : undefined,
          'vcs.repository.url.full': outcome?.repo,
          'vcs.ref.head.name': outcome?.branch,
        };
        const error = failed && { type: failed.code, message: failed.message };
        return [task(`land ${event.delivery}`, 'deploy', ['landing'], at, { attributes, error })];
      }
      case 'verdict.started':
        begin(['verdict', event.delivery, event.application], at);
        return [];
      case 'verdict.finished': {
        const { verdict, delivery, application } = event;
        const health = healthOf(verdict);
        const attributes = {
          ...deploymentOf(delivery, health === 'healthy'),
          ...{ 'deployment.id': verdict.commit, 'tagboat.application': application, 'tagboat.outcome': verdict.is },
        };
        const error = health === 'healthy' ? undefined : { type: health, message: verdict.why };
        const key = ['verdict', delivery, application];
        return [task(`wait ${application}`, 'deploy', key, at, { attributes, error })];
      }
      default:
        return [];
    }
  });
}

function deploymentOf(delivery: string, isGood: boolean): Attributes {
  return {
    ...{ 'deployment.name': delivery, 'deployment.environment.name': delivery },
    'deployment.status': isGood ? 'succeeded' : 'failed',
  };
}

function imageAttributes(name: string, outcome: ImageOutcome): Attributes {
  const repository = outcome.reference.replace(/(?:@sha256:[0-9a-f]+|:[^:/@]+)$/, '');
  const tags = [outcome.reference, ...(outcome.is === 'skipped' ? [] : (outcome.tags ?? []))].flatMap(
    (one) => /:([^:/@]+)$/.exec(one)?.[1] ?? [],
  );
  const digest = outcome.is === 'skipped' ? undefined : outcome.digest;
  return {
    ...{ 'container.image.name': repository, 'container.image.tags': tags, 'oci.manifest.digest': digest },
    'container.image.repo_digests': digest && [`${repository}@${digest}`],
    ...{ 'tagboat.image': name, 'tagboat.outcome': outcome.is },
  };
}
