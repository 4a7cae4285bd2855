import { dataRules } from './data';
import type { RfcRule } from './documents';
import { signalRules } from './signal';
import { telemetryRules } from './telemetry';

export type { RfcRule };

/** Every rule of class `rfc`: what an RFC demands of a value and YANG does not express. */
export const rfcRules: readonly RfcRule[] = [...signalRules, ...telemetryRules, ...dataRules];
