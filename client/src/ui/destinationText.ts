import { printable } from '#dots/model/text';
import type { Destination, DestinationProblem } from '#dots/workspace/destination';
import { labelText, lined } from './textLayout';

/** The content of the status bar item of the server profile. */
export interface ProfileText {
  text: string;
  tooltip: string;
  /** For a screen reader. */
  label: string;
  warning: boolean;
}

/** Problems of a document, not of its profile: the item does not warn of them. */
const ofDocument: ReadonlySet<DestinationProblem['code']> = new Set(['status-document', 'untrusted']);

/** The name of a target's profile in the labels of links and of the status bar. */
export function destinationName(destination: Destination): string {
  return `${labelText(destination.profile ?? '')}${isProduction(destination) ? ' (production)' : ''}`;
}

/** The server of a target, within a sentence. */
export function destinationServer(destination: Destination): string {
  return destination.kind === 'mock'
    ? 'the mock orchestrator on this machine'
    : `the server of the profile "${printable(destination.profile ?? '')}"`;
}

/**
 * The status bar item for the target of the document in the active editor; `active` is the profile if the target is
 * unknown.
 */
export function profileText(destination: Destination | null | undefined, active: string): ProfileText {
  if (destination === null || destination === undefined)
    return {
      text: `$(send) ${labelText(active)}`,
      tooltip: 'DOTS: the active server profile of this workspace.\nClick to select another one.',
      label: printable(`DOTS server profile: ${active}`),
      warning: false,
    };
  const missing = destination.kind === 'none' && !ofDocument.has(destination.problem.code);
  const production = isProduction(destination);
  return {
    text: `$(${missing ? 'warning' : 'send'}) ${destinationName(destination)}`,
    tooltip: lined(
      sentence(destination),
      destination.namedBy === 'workspace'
        ? 'The workspace file names this profile for the document; it overrides the active profile.'
        : 'This is the active server profile of this workspace.',
      'Click to select another one.',
    ),
    label: printable(
      `DOTS server profile: ${destination.profile ?? ''}${production ? ', production' : ''}${missing ? ', not usable' : ''}`,
    ),
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
