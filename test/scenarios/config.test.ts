import { runScenarios, scenariosOf } from './scenario.ts';

runScenarios('config', await scenariosOf('config'));
