import { configRepoUnmoved, missing, shipByCli } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'The delivered commit is nowhere',
  whatHappens: 'The file names a commit that neither the checkout nor the app repo has.',
  whatTheUserSees: 'ORDER_UNKNOWN',
  exitCode: 6,
  guarantees: [configRepoUnmoved],
  missing,
  cause: () =>
    shipByCli({
      prepare: async ({ host }) => {
        const text = `# the shop\nfront:\n  imageTag: ${'ab'.repeat(20)}   # by CI\n`;
        await host.git('config', 'update-ref', '-d', 'refs/heads/main');
        await host.commit('config', { files: { 'main/values.yaml': text } });
      },
    }),
});
