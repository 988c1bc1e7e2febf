/** What doesn't change during a wait. */
export interface Question {
  readonly commit: string;
  /** Images of this run, `host/repository:tag`, in what the application may run. */
  readonly images: readonly string[];
  readonly suspended: 'wait' | 'healthy';
  readonly times: Times;
  /** Who carries what we set into the application's own sources, and what is to be found there then. */
  readonly carrier?: Carrier | undefined;
  /** Nothing but that our commit is applied: for an application that is watched for what it makes. */
  readonly applied?: boolean | undefined;
}

export interface Carrier {
  /** `ApplicationSet shops`. */
  readonly name: string;
  readonly values: readonly string[];
}

/** Milliseconds for which something must hold before it is believed. */
export interface Times {
  /** Healthy, when nothing was seen to move since the sync: what is read may be older than the sync. */
  readonly healthy: number;
  /** Healthy or Degraded, after it was seen to be something else since the sync. */
  readonly moved: number;
  /** Degraded from the first look: it may be what we have come to mend. */
  readonly degraded: number;
  /** An error condition after a new comparison; and without one. */
  readonly condition: number;
  readonly staleCondition: number;
  /** A pod that fails to start, until its rollout counts as failed. */
  readonly failing: number;
  /** An application gone, until it counts as deleted: one that is made again comes within seconds. */
  readonly gone: number;
  /** Our commit not seen, until a refresh is asked for (again). */
  readonly unseen: number;
  /** Healthy is to hold for longer than usual, whatever the cluster says of its rollouts. */
  readonly longer: boolean;
}

export const usualTimes: Times = {
  healthy: 5_000,
  moved: 1_000,
  degraded: 15_000,
  condition: 5_000,
  staleCondition: 60_000,
  failing: 120_000,
  gone: 30_000,
  unseen: 15_000,
  longer: false,
};

/** The usual times for another patience with health, all that is about health with it, and with failing pods. */
export function timesFor(settleMs: number, failingMs: number): Times {
  const { healthy, moved, degraded } = usualTimes;
  const by = settleMs / healthy;
  return {
    ...{ ...usualTimes, healthy: settleMs, moved: moved * by, degraded: degraded * by, failing: failingMs },
    longer: settleMs > healthy,
  };
}
