import { runScenarios, scenariosOf } from './scenario.ts';

runScenarios('git', await scenariosOf('git'));
