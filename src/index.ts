// The library: the same stages as the CLI's, for programs. Everything else is internal.
export { createAuth } from './auth/auth.ts';
export { buildImage, previewImage } from './build/build.ts';
export { unifiedDiff } from './commit/diff.ts';
export { editFile } from './commit/edit.ts';
export { type LandOptions, landDelivery } from './commit/land.ts';
export { previewDelivery } from './commit/preview.ts';
export { resolveDigests } from './config/digests.ts';
export { planCommit, planRun } from './config/plan-run.ts';
export { configJsonSchema } from './config/schema.ts';
export { type Config, parseConfig } from './config.ts';
export { type ErrorReport, isError, reportOf, TagboatError } from './errors.ts';
export type { Emit, Event, Happening } from './events.ts';
export type * from './plan.ts';
export { type RunResult, type Stages, ship } from './ship.ts';
export { createExec } from './wire/exec.ts';
export { createHttp } from './wire/http.ts';
export { Secret } from './wire/secret.ts';
export type { Clock, World } from './wire/world.ts';
