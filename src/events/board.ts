import type { ErrorReport } from '../errors.ts';
import type { Hold } from '../plan/holds.ts';
import type { Waiting } from '../plan/listed.ts';
import type { HistoryValue, StatusValue, WhereValue } from './json-event.ts';

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
}
