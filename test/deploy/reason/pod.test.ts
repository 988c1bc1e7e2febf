import { describe, expect, it } from 'vitest';
import { podFault } from '../../../src/deploy/reason/pod.ts';

const pod = (...containers: object[]) => ({ status: { containerStatuses: containers } });
const waits = (reason: string, message = '') => ({ name: 'app', state: { waiting: { reason, message } } });

describe('a pod', () => {
  it.each([
    ['that runs', pod({ name: 'app', ready: true, state: { running: {} } }), undefined],
    ['that tells nothing', {}, undefined],
    ['that is done', pod({ name: 'app', ready: false, state: { terminated: { exitCode: 0 } } }), undefined],
    [
      'whose image isn’t there',
      pod(waits('ImagePullBackOff', 'not found')),
      { status: 'ImagePullBackOff', message: 'not found', ranBefore: false },
    ],
    [
      'that dies again and again',
      pod({
        ...waits('CrashLoopBackOff', 'back-off'),
        lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } },
      }),
      { status: 'CrashLoopBackOff', message: 'back-off; last ended with OOMKilled (exit code 137)', ranBefore: true },
    ],
    [
      'that died',
      pod({ name: 'app', state: { terminated: { exitCode: 2, reason: 'Error', message: 'bad flag' } } }),
      { status: 'Error', message: 'last ended with exit code 2: bad flag' },
    ],
    [
      'that isn’t ready',
      pod({ name: 'app', ready: false, restartCount: 0, state: { running: {} } }),
      { status: 'NotReady' },
    ],
    [
      'of which one container waits for another',
      pod(waits('PodInitializing'), { ...waits('ErrImagePull'), name: 'side' }),
      { container: 'side', status: 'ErrImagePull' },
    ],
    [
      'that no node takes',
      {
        status: {
          conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3 nodes' }],
        },
      },
      { status: 'Unschedulable', message: '0/3 nodes', container: undefined },
    ],
    [
      'whose init container fails',
      {
        status: {
          initContainerStatuses: [{ name: 'migrate', state: { terminated: { exitCode: 1 } } }],
          containerStatuses: [waits('PodInitializing')],
        },
      },
      { container: 'migrate', status: 'Error' },
    ],
  ])('%s', (_, manifest, fault) => {
    // biome-ignore format: a table
    if (fault === undefined) expect(podFault(manifest)).toBeUndefined();
    else expect(podFault(manifest)).toMatchObject(fault);
  });
});
