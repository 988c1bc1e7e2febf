import { runScenarios, scenariosOf } from './scenario.ts';

runScenarios('argocd', await scenariosOf('argocd'));
