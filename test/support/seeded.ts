// Before every file of tests: fast-check tries the same inputs each time, unless TAGBOAT_SEED says otherwise.
import fc from 'fast-check';
import { seeds } from './runs.ts';

const [seed = 1] = seeds(1);
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed });
