import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Application, Shop } from './shop.ts';

/** An application's state, and when it was told. */
export interface Moment {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly application: Application;
}

export interface Observer {
  /** When the states that satisfy `is` began that have lasted since; undefined when the last one doesn't. */
  since(is: (application: Application) => boolean): number | undefined;
  /** The same, once there is one: what a run was told may come here a moment later. Undefined after a minute. */
  began(is: (application: Application) => boolean): Promise<number | undefined>;
  stop(): void;
}

/** Writes down each state of a shop's application as Kubernetes tells it: the clock that verdicts are held against. */
export function observe({ cluster: { kubernetes }, object }: Shop): Observer {
  const moments: Moment[] = [];
  const { namespace, name } = object.metadata;
  const path = `/apis/${object.apiVersion}/namespaces/${namespace}/applications`;
  const asked = request(`${kubernetes.url}${path}?watch=true&fieldSelector=metadata.name%3D${name}`, {
    ca: readFileSync(kubernetes.caFile),
    headers: { authorization: `Bearer ${kubernetes.token}` },
  });
  asked.on('response', (response) => {
    let text = '';
    response.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (text + chunk).split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) moments.push({ at: Date.now(), application: JSON.parse(line).object });
    });
    response.on('error', () => undefined);
  });
  asked.on('error', () => undefined);
  asked.end();
  const since: Observer['since'] = (is) => {
    const broken = moments.findLastIndex(({ application }) => !is(application));
    return moments[broken + 1]?.at;
  };
  return {
    since,
    began: async (is) => {
      const deadline = Date.now() + 60_000;
      while (since(is) === undefined && Date.now() < deadline) await sleep(50);
      return since(is);
    },
    stop: () => asked.destroy(),
  };
}

/** Synced with this commit, compared since the last sync, and Healthy or Degraded. */
export function isSettled(commit: string): (application: Application) => boolean {
  return ({ status, operation }) => {
    const { sync, operationState: ended, health, reconciledAt = '' } = status ?? {};
    const revisions = sync?.revisions ?? [sync?.revision];
    return (
      operation === undefined &&
      sync?.status === 'Synced' &&
      revisions.includes(commit) &&
      (ended === undefined || (ended.phase === 'Succeeded' && (ended.finishedAt ?? '') <= reconciledAt)) &&
      ['Healthy', 'Degraded'].includes(health?.status ?? '')
    );
  };
}
