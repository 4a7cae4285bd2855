/** A codicon for the status of a mitigation, and a theme colour for it. */
export interface StatusIcon {
  icon: string;
  color?: string;
}

const icons: Readonly<Record<string, StatusIcon>> = {
  'attack-mitigation-in-progress': { icon: 'sync', color: 'charts.yellow' },
  'attack-successfully-mitigated': { icon: 'shield', color: 'charts.green' },
  'attack-stopped': { icon: 'pass', color: 'charts.green' },
  'attack-exceeded-capability': { icon: 'error', color: 'charts.red' },
  'dots-client-withdrawn-mitigation': { icon: 'history' },
  'attack-mitigation-terminated': { icon: 'circle-slash' },
  'attack-mitigation-withdrawn': { icon: 'circle-slash', color: 'charts.yellow' },
  'attack-mitigation-signal-loss': { icon: 'watch' },
};

/** The icon for a status label (RFC 9132 section 4.4.2, table 3). */
export function statusIcon(label: string): StatusIcon {
  return icons[label] ?? { icon: 'question' };
}
