/** The generated schemas, one per kind of document (`npm run schemas` writes them; see generate.ts). */
import type { SchemaNode } from './types';

export type { SchemaNode, XYang, YangExpression, YangType } from './types';

/** Each is read when it is asked for: a document is of one kind, and together they are half a megabyte. */
export const schemas: Readonly<Record<string, SchemaNode>> = {
  get acls() {
    return require('./generated/acls.json') as SchemaNode;
  },
  get aliases() {
    return require('./generated/aliases.json') as SchemaNode;
  },
  get capabilities() {
    return require('./generated/capabilities.json') as SchemaNode;
  },
  get 'dots-client'() {
    return require('./generated/dots-client.json') as SchemaNode;
  },
  get 'dots-data'() {
    return require('./generated/dots-data.json') as SchemaNode;
  },
  get heartbeat() {
    return require('./generated/heartbeat.json') as SchemaNode;
  },
  get 'mitigation-scope'() {
    return require('./generated/mitigation-scope.json') as SchemaNode;
  },
  get 'redirected-signal'() {
    return require('./generated/redirected-signal.json') as SchemaNode;
  },
  get 'signal-config'() {
    return require('./generated/signal-config.json') as SchemaNode;
  },
  get telemetry() {
    return require('./generated/telemetry.json') as SchemaNode;
  },
  get 'telemetry-setup'() {
    return require('./generated/telemetry-setup.json') as SchemaNode;
  },
  get 'vendor-mapping'() {
    return require('./generated/vendor-mapping.json') as SchemaNode;
  },
};
