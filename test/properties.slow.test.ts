// Every property on all of its inputs: `npm test` tries a fifth of them (support/runs.ts).
import './auth/json.test.ts';
import './commit/edit/edit-blocks.test.ts';
import './commit/edit/edit-property.test.ts';
import './commit/land/land-failures.test.ts';
import './config/config.test.ts';
import './image/context/dockerignore.test.ts';
import './image/dockerfile/dockerfile.test.ts';
import './image/layer/tar.test.ts';
import './wire/git/answers.test.ts';
