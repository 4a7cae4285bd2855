import { createHash } from 'node:crypto';
import type { JsonObject } from '#dots/model/json';

/** The modules that the server implements, and those that they import. */
const implemented: readonly [name: string, revision: string][] = [
  ['ietf-dots-data-channel', '2020-05-28'],
  ['ietf-restconf-monitoring', '2017-01-26'],
  ['ietf-yang-library', '2019-01-04'],
];
const imported: typeof implemented = [
  ['ietf-access-control-list', '2019-03-04'],
  ['ietf-datastores', '2018-02-14'],
  ['ietf-ethertypes', '2019-03-04'],
  ['ietf-inet-types', '2013-07-15'],
  ['ietf-interfaces', '2018-02-20'],
  ['ietf-packet-fields', '2019-03-04'],
  ['ietf-restconf', '2017-01-26'],
  ['ietf-yang-types', '2013-07-15'],
];

const describe = ([name, revision]: (typeof implemented)[number]): JsonObject => ({
  name,
  revision,
  namespace: `urn:ietf:params:xml:ns:yang:${name}`,
});

const contentId = createHash('sha256')
  .update(JSON.stringify([implemented, imported]))
  .digest('hex')
  .slice(0, 16);

/** RFC 8525 section 3. */
const yangLibrary: JsonObject = {
  'module-set': [{ name: 'all', module: implemented.map(describe), 'import-only-module': imported.map(describe) }],
  schema: [{ name: 'all', 'module-set': ['all'] }],
  datastore: [{ name: 'ietf-datastores:running', schema: 'all' }],
  'content-id': contentId,
};

/** For clients of RFC 7895, which RFC 8040 section 10.1 requires. */
const modulesState: JsonObject = {
  'module-set-id': contentId,
  module: [
    ...implemented.map((module) => ({ ...describe(module), 'conformance-type': 'implement' })),
    ...imported.map((module) => ({ ...describe(module), 'conformance-type': 'import' })),
  ],
};

const capability = (name: string): string => `urn:ietf:params:restconf:capability:${name}`;

/** What a client can read of the server itself: RFC 8040 sections 9 and 10. */
export const monitoring: JsonObject = {
  'ietf-restconf-monitoring:restconf-state': {
    // Answers contain what clients have written and no defaults.
    capabilities: {
      capability: ['defaults:1.0?basic-mode=explicit', 'depth:1.0', 'fields:1.0'].map(capability),
    },
  },
  'ietf-yang-library:yang-library': yangLibrary,
  'ietf-yang-library:modules-state': modulesState,
};
