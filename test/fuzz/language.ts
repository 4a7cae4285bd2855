import { join } from 'node:path';
import { everyFeatureOf } from '../support/everyFeature';
import { root, sharedPath } from '../support/shared';

/**
 * Asks every language feature about every prefix of each document, and about each document without each character. The
 * documents are the examples, and those of the RFCs beside the project where they are present.
 */
for (const folder of [join(root, 'examples'), sharedPath('corpus')])
  if (folder !== undefined) console.log(`${folder}: ${everyFeatureOf(folder, 1)} texts`);
