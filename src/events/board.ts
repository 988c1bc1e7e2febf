import type { ErrorReport } from '../errors.ts';
import type { Event } from '../events.ts';
import type { Hold } from '../plan/holds.ts';
import type { Waiting } from '../plan/listed.ts';
import type { CommitPreview } from '../plan/outcome.ts';
import type { HistoryValue, StatusValue, WhereValue } from './json-event.ts';

/** A run's events, as many as are kept. */
export interface RunRecord {
  readonly id: number;
  /** Where they come from, for people. */
  readonly from: string;
  /** The command and the commit's subject, as far as the first event tells. */
  readonly title: string;
  readonly events: readonly Event[];
  /** Lines that are no events of ours and what else is wrong with them, as sentences; the first of them. */
  readonly faults: readonly string[];
  /** Faults besides, and events that aren't kept. */
  readonly more: { readonly faults: number; readonly events: number };
  /** The last event was told. */
  readonly ended: boolean;
}

/** What the page is told of runs: which there are, and of one of them the events from `first` on. */
export interface RunsValue {
  readonly runs: readonly Pick<RunRecord, 'id' | 'title' | 'ended'>[];
  readonly run: (RunRecord & { readonly first: number }) | undefined;
}

/** What would be written, under the name by which it is confirmed. */
export interface PreviewValue {
  readonly id: string;
  readonly previews: readonly CommitPreview[];
}

/** What became of something that was shown: it isn't confirmed, is under way, would be something else by now, or is over. */
export type ActValue =
  | { readonly is: 'shown' | 'going' | 'unknown' }
  | { readonly is: 'moved'; readonly next: PreviewValue }
  | {
      readonly is: 'done';
      readonly errors: readonly { readonly code: string; readonly message: string; readonly hint: string }[];
    };

/** All that the dashboard's page shows, but for a run's events. Texts are cleaned. */
export interface Board {
  /** ISO 8601. */
  readonly readAt: string;
  readonly version: string;
  /** The app repo, for people. */
  readonly app: string;
  /** The commit that is checked out, without which nothing can be asked about one. */
  readonly commit: string | undefined;
  readonly status: StatusValue;
  readonly history: HistoryValue;
  readonly branches: readonly {
    readonly repo: string;
    readonly branch: string;
    readonly holds: readonly Hold[];
    readonly waiting: readonly Waiting[];
  }[];
  /** What couldn't be read. */
  readonly errors: readonly ErrorReport[];
  /** Deliveries of the config, in its order. */
  readonly deliveries: readonly string[];
  /** What the page may ask for besides. */
  readonly may: { readonly write: boolean; readonly run: boolean };
  /** Answers about commits that are kept, where there is no server to ask. */
  readonly where?: readonly WhereValue[] | undefined;
  readonly run?: RunRecord | undefined;
}
