import type { ErrorReport } from './errors.ts';
import type { Notice } from './events/notices.ts';
import type { ResourceState, Verdict } from './plan/deploy.ts';
import type { Finding } from './plan/finding.ts';
import type { CommitOutcome, CommitPreview, ImageOutcome } from './plan/outcome.ts';
import type { Engine } from './plan.ts';

/** The parts of a run, in order; `run` is the whole of it. */
export type Stage = 'run' | 'plan' | 'auth' | 'build' | 'commit' | 'deploy';

/** What happens in a run, as it happens. One union feeds `--json`, the terminal, the job summary and the dashboard. */
export type Happening =
  | {
      /** A command that delivers or looks began. Some commands have no such event. */
      readonly type: 'run.started';
      readonly command: string;
      readonly version: string;
      readonly source?:
        | { readonly commit: string; readonly branch?: string | undefined; readonly subject: string }
        | undefined;
    }
  | ({
      /** Something a person may want to know: `warning` means it deserves an action. */
      readonly type: 'notice';
      readonly level: 'info' | 'warning';
      readonly stage: Stage;
      readonly message: string;
    } & Notice)
  | {
      /** A piece of a stage began: `subject` is a registry host, a config repo, an application. */
      readonly type: 'step.started';
      readonly stage: Stage;
      readonly subject: string;
      readonly message: string;
    }
  | {
      /** A piece of a stage is done. */
      readonly type: 'step.finished';
      readonly stage: Stage;
      readonly subject: string;
      readonly message: string;
      readonly seconds: number;
    }
  | {
      /** An image is being built. */
      readonly type: 'image.started';
      readonly image: string;
      readonly engine: Engine;
      readonly why: string;
    }
  | {
      /** One line of the builder's own output. */
      readonly type: 'image.log';
      readonly image: string;
      readonly line: string;
    }
  | {
      /** How far a build is, where its builder tells: `total` grows as it learns of steps. */
      readonly type: 'image.progress';
      readonly image: string;
      readonly done: number;
      readonly total: number;
      /** What is being done, in the builder's words. */
      readonly step: string;
    }
  | {
      /** An image is in the registry, or was not needed. */
      readonly type: 'image.finished';
      readonly image: string;
      readonly outcome: ImageOutcome;
    }
  | {
      /** An image could not be built or pushed. */
      readonly type: 'image.failed';
      readonly image: string;
      readonly error: ErrorReport;
      readonly log: readonly string[];
    }
  | {
      /** A push that found another tip than the one it was made on; the change is made again on the new one. */
      readonly type: 'commit.beaten';
      readonly delivery: string;
      readonly attempt: number;
      readonly tip: string;
      readonly waitMs: number;
    }
  | {
      /** What would be committed to a config repo. */
      readonly type: 'commit.previewed';
      readonly delivery: string;
      readonly preview: CommitPreview;
    }
  | {
      /** What became of one config commit. */
      readonly type: 'commit.finished';
      readonly delivery: string;
      readonly outcome: CommitOutcome;
    }
  | {
      /** A config commit could not be made. */
      readonly type: 'commit.failed';
      readonly delivery: string;
      readonly error: ErrorReport;
    }
  | {
      /** An application is watched from now on until its verdict is final. */
      readonly type: 'verdict.started';
      readonly delivery: string;
      readonly application: string;
      readonly server: string;
      readonly commit: string;
    }
  | {
      /** What it is waited for now, as a sentence. */
      readonly type: 'verdict.progress';
      readonly delivery: string;
      readonly application: string;
      readonly phase: 'notSeen' | 'refreshing' | 'hydrating' | 'outOfSync' | 'syncing' | 'progressing' | 'settling';
      readonly why: string;
    }
  | {
      /** What Argo CD shows of an application's resources, where it tells: told again when any of it changes. */
      readonly type: 'verdict.resources';
      readonly delivery: string;
      readonly application: string;
      readonly resources: readonly ResourceState[];
      /** Resources that it has besides. */
      readonly more: number;
    }
  | {
      /** What became of an application. */
      readonly type: 'verdict.finished';
      readonly delivery: string;
      readonly application: string;
      readonly verdict: Verdict;
    }
  | {
      /** No verdict could be found for a delivery. */
      readonly type: 'verdict.failed';
      readonly delivery: string;
      readonly error: ErrorReport;
    }
  | {
      /** An unhealthy delivery's values are being put back. */
      readonly type: 'rollback.started';
      readonly delivery: string;
      readonly commit: string;
      readonly to: string;
      readonly why: string;
    }
  | ({
      /** Something that isn't as it should be, found by looking alone. */
      readonly type: 'finding';
    } & Finding)
  | {
      /** Always the last one. `errors` is empty exactly when `exitCode` is 0. */
      readonly type: 'result';
      readonly command: string;
      readonly exitCode: number;
      readonly seconds: number;
      readonly errors: readonly ErrorReport[];
      readonly value: unknown;
    };

/** A happening with its time, ISO 8601 with milliseconds. */
export type Event = Happening & { readonly at: string };

/** Tells what happens. Never throws, never waits. */
export type Emit = (happening: Happening) => void;

/** Tells a person something, by a code that programs go by. */
export function emitNotice<C extends Notice['code']>(
  emit: Emit,
  level: 'info' | 'warning',
  stage: Stage,
  code: C,
  data: Extract<Notice, { readonly code: C }>['data'],
  message: string,
): void {
  // Code and data belong together by the parameters' types, which the compiler doesn't follow into the union.
  emit({ type: 'notice', code, data, level, stage, message } as Happening);
}

/** Tells as notices what peers make a run do. */
export function peerNotices(
  emit: Emit,
  stage: Stage,
): (message: string, waited?: Extract<Notice, { readonly code: 'PEER_AWAITED' }>['data']) => void {
  return (message, waited) =>
    waited === undefined
      ? emitNotice(emit, 'info', stage, 'PEER_UNUSUAL', {}, message)
      : emitNotice(emit, 'info', stage, 'PEER_AWAITED', waited, message);
}
