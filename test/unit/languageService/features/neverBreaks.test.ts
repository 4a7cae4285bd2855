import { join } from 'node:path';
import { test } from 'node:test';
import { everyFeatureOf } from '../../../support/everyFeature';
import { needShared, root } from '../../../support/shared';

/** `npm run fuzz:language` takes every prefix and every deletion. */
const step = 97;

test('no feature fails on a prefix of an example, or on one without a character', () => {
  everyFeatureOf(join(root, 'examples'), step);
});

test('nor on those of the documents of the RFCs', (t) => {
  const corpus = needShared(t, 'corpus');
  if (corpus !== undefined) everyFeatureOf(corpus, step);
});
