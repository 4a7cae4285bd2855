import type { DocumentState } from '#contract';
import { plural } from '#dots/words/quantities';
import type { Destination, DestinationProblem } from '#dots/workspace/destination';
import { destinationName, destinationServer } from './destinationText';
import { labelText } from './textLayout';

/** A link above a document: the command receives the document's URI. */
export interface DocumentAction {
  title: string;
  tooltip: string;
  command: string;
}

/** The action for a document on its channel. */
interface Sending {
  verb: 'send' | 'install';
  title: (name: string) => string;
  tooltip: (server: string) => string;
  command: string;
}

const send: Sending = {
  verb: 'send',
  title: (name) => `Send to ${name}`,
  tooltip: (server) => `Send this request over CoAP to ${server}`,
  command: 'dots.sendRequest',
};

const install: Sending = {
  verb: 'install',
  title: (name) => `Install on ${name}`,
  tooltip: (server) => `Install this over the DOTS data channel on ${server}`,
  command: 'dots.install',
};

const preview: DocumentAction = {
  title: 'Preview Flowspec',
  tooltip: 'Show the BGP Flowspec rules of this document beside it',
  command: 'dots.previewFlowspec',
};

/** The actions for a document, by its state. */
export function documentActions(state: DocumentState): DocumentAction[] {
  switch (state.kind) {
    case 'acls':
      return [...sending(state, install), preview];
    case 'aliases':
      return sending(state, install);
    case 'mitigation-scope':
      return [...sending(state, send), preview];
    default:
      return [];
  }
}

/** Only a server sends a status. */
function sending(state: DocumentState, how: Sending): DocumentAction[] {
  const { destination, direction } = state;
  if (destination === null || direction === 'status') return [];
  if (state.requestErrors > 0) return [errors(state, how)];
  if (destination.kind === 'none') return [obstacle(destination, how)];
  const { title, tooltip, command } = how;
  return [{ title: title(destinationName(destination)), tooltip: tooltip(destinationServer(destination)), command }];
}

/** Errors that it has only as a request are not in the Problems view: the command itself reports them. */
function errors({ requestErrors, counts }: DocumentState, { verb, command }: Sending): DocumentAction {
  return {
    title: `${plural(requestErrors, 'error')}: cannot ${verb} this yet`,
    tooltip: 'Show the problems of this document',
    command: counts.error > 0 ? 'workbench.actions.view.problems' : command,
  };
}

interface Obstacle {
  title: (profile: string, verb: Sending['verb']) => string;
  tooltip: string;
  command: string;
}

const nowhere = (why: string, verb: Sending['verb']): string => `${why}: cannot ${verb} this yet`;
const openProfiles = { tooltip: 'Open your server profiles', command: 'dots.openProfiles' };
const openProblems = { tooltip: 'Show the problems', command: 'workbench.actions.view.problems' };
const noProfile: Obstacle = { title: (profile, verb) => nowhere(`No profile "${profile}"`, verb), ...openProfiles };

const obstacles: Record<DestinationProblem['code'], Obstacle> = {
  untrusted: {
    title: () => 'Sending is disabled: this folder is not trusted',
    tooltip: 'Manage workspace trust',
    command: 'workbench.trust.manage',
  },
  'workspace-errors': { title: (_, verb) => nowhere('The workspace file has errors', verb), ...openProblems },
  'status-document': {
    title: (_, verb) => nowhere('The workspace file marks this as a status', verb),
    ...openProblems,
  },
  'profiles-errors': { title: (_, verb) => nowhere('The profiles file has errors', verb), ...openProfiles },
  'no-profiles-file': noProfile,
  'no-profile': noProfile,
  'no-address': { title: (profile, verb) => nowhere(`"${profile}" does not have this channel`, verb), ...openProfiles },
  'nothing-named': { title: (_, verb) => nowhere('No server profile', verb), ...openProfiles },
};

/** What appears instead while a document has no target. */
function obstacle({ profile = '', problem }: Destination & { kind: 'none' }, { verb }: Sending): DocumentAction {
  const { title, tooltip, command } = obstacles[problem.code];
  return { title: title(labelText(profile), verb), tooltip, command };
}
