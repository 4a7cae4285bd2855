/** The commands that a keeper runs for other processes. The launcher has the same list. */
export const keptCommands: ReadonlySet<string> = new Set([
  'send',
  'status',
  'watch',
  'withdraw',
  'refresh',
  'efficacy',
  'config',
  'telemetry',
  'ready',
]);
