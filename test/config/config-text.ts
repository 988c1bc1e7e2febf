import { parseConfig } from '../../src/config/config.ts';
import type { Config } from '../../src/config/shape/checked.ts';
import { isError, type TagboatError } from '../../src/errors.ts';
import type { Source } from '../../src/plan.ts';
import type { Env } from '../../src/wire/world.ts';

/** The workflow of three images and one values file, as a config. */
export const seed = `registry: \${AWS_ACCOUNT}.dkr.ecr.ap-northeast-1.amazonaws.com
aws:
  role: arn:aws:iam::\${AWS_ACCOUNT}:role/role-github
  region: ap-northeast-1
  sessionSeconds: 1800
images:
  app: { repository: app-repo, dockerfile: build/app/Dockerfile.prod }
  web: { repository: web-repo, dockerfile: build/web/Dockerfile }
  migration: { repository: migration-repo, dockerfile: build/migration/Dockerfile }
deliveries:
  production:
    from: main
    repo: acme/config
    set:
      main/values.yaml:
        .front.imageTag: "{tag}"
`;

export const account: Env = { AWS_ACCOUNT: '123456789012' };

export function config(text: string, env: Env = account): Config {
  return parseConfig(text, 'tagboat.yaml', env);
}

/** The error of our own that reading a config ends with. */
export function fault(text: string, env: Env = account): TagboatError {
  try {
    config(text, env);
  } catch (error) {
    if (isError(error)) return error;
    throw error;
  }
  throw new Error('no error came');
}

export const source: Source = {
  dir: '/src/shop',
  url: 'https://github.com/acme/shop',
  commit: '19ea9ee1a0c590f4d3b2a1908f7e6d5c4b3a2918',
  branch: 'main',
  subject: 'Greet visitors',
  author: { name: 'Ada', email: 'ada@example.com' },
  committedAt: '2024-01-31T23:59:59+09:00',
  dirty: false,
  runUrl: 'https://github.com/acme/shop/actions/runs/7',
};
