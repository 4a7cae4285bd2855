/** The generated schemas, one per kind of document (`npm run schemas` writes them; see generate.ts). */
import type { SchemaNode } from './types';
import acls from './generated/acls.json';
import aliases from './generated/aliases.json';
import capabilities from './generated/capabilities.json';
import dotsClient from './generated/dots-client.json';
import dotsData from './generated/dots-data.json';
import heartbeat from './generated/heartbeat.json';
import mitigationScope from './generated/mitigation-scope.json';
import redirectedSignal from './generated/redirected-signal.json';
import signalConfig from './generated/signal-config.json';
import telemetry from './generated/telemetry.json';
import telemetrySetup from './generated/telemetry-setup.json';
import vendorMapping from './generated/vendor-mapping.json';

export type { SchemaNode, XYang, YangBase, YangChoice, YangExpression, YangType } from './types';

export const schemas = {
  acls, aliases, capabilities, heartbeat, telemetry,
  'dots-client': dotsClient,
  'dots-data': dotsData,
  'mitigation-scope': mitigationScope,
  'redirected-signal': redirectedSignal,
  'signal-config': signalConfig,
  'telemetry-setup': telemetrySetup,
  'vendor-mapping': vendorMapping,
} as unknown as Readonly<Record<string, SchemaNode>>;
