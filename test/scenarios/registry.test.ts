import { runScenarios, scenariosOf } from './scenario.ts';

runScenarios('registry', await scenariosOf('registry'));
