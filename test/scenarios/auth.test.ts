import { runScenarios, scenariosOf } from './scenario.ts';

runScenarios('auth', await scenariosOf('auth'));
