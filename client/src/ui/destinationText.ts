import type { Destination, DestinationProblem } from '#dots/workspace/destination';

/** What the status bar item of the server profile shows. */
export interface ProfileText {
  text: string;
  tooltip: string;
  /** For a screen reader. */
  label: string;
  warning: boolean;
}

/** Problems of a document and not of its profile: the item does not warn of them. */
const ofDocument: ReadonlySet<DestinationProblem['code']> = new Set(['status-document', 'untrusted']);

/** The profile of a destination, as links and the status bar call it. */
export function destinationName(destination: Destination): string {
  return `${destination.profile ?? ''}${isProduction(destination) ? ' (production)' : ''}`;
}

/** The server of a destination, within a sentence. */
export function destinationServer(destination: Destination): string {
  return destination.kind === 'mock'
    ? 'the mock orchestrator on this machine'
    : `the server of the profile "${destination.profile ?? ''}"`;
}

/** What the status bar says of where the document in the active editor goes; `active` is the profile where that is not known. */
export function profileText(destination: Destination | null | undefined, active: string): ProfileText {
  if (destination === null || destination === undefined)
    return {
      text: `$(send) ${active}`,
      tooltip: 'DOTS: the active server profile of this workspace.\nClick to select another one.',
      label: `DOTS server profile: ${active}`,
      warning: false,
    };
  const missing = destination.kind === 'none' && !ofDocument.has(destination.problem.code);
  const production = isProduction(destination);
  return {
    text: `$(${missing ? 'warning' : 'send'}) ${destinationName(destination)}`,
    tooltip: [
      sentence(destination),
      destination.namedBy === 'workspace'
        ? 'The workspace file names this profile for the document; it overrides the active profile.'
        : 'This is the active server profile of this workspace.',
      'Click to select another one.',
    ].join('\n'),
    label: `DOTS server profile: ${destination.profile ?? ''}${production ? ', production' : ''}${missing ? ', not usable' : ''}`,
    warning: production || missing,
  };
}

const isProduction = (destination: Destination): boolean =>
  destination.kind === 'server' && destination.production !== undefined;

function sentence(destination: Destination): string {
  return destination.kind === 'none'
    ? `DOTS: ${destination.problem.message}`
    : `DOTS: this document goes to ${destinationServer(destination)}.`;
}
