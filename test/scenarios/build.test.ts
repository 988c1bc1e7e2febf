import { runScenarios, scenariosOf } from './scenario.ts';

runScenarios('build', await scenariosOf('build'));
