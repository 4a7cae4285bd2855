import type { DocumentState } from '#contract';
import type { DocumentKind } from '#dots/model/documents';
import { plural } from '#dots/words/quantities';
import type { Destination, DestinationProblem } from '#dots/workspace/destination';
import { destinationName, destinationServer } from './destinationText';
import { showProblems, type DocumentAction } from './documentAction';
import { runningActions, type RunningRequest } from './runningActions';
import { labelText } from './textLayout';

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

const dryRun: DocumentAction = {
  title: 'Dry run',
  tooltip: 'Show where this would go and what would be sent, without sending it',
  command: 'dots.dryRun',
};

const preview: DocumentAction = {
  title: 'Preview Flowspec',
  tooltip: 'Show the BGP Flowspec rules of this document beside it',
  command: 'dots.previewFlowspec',
};

/** How a kind of document reaches its server; of the other kinds, servers or sessions send those that there are. */
const ways: Partial<Record<DocumentKind, Sending>> = {
  'mitigation-scope': send,
  'signal-config': send,
  'telemetry-setup': send,
  telemetry: send,
  acls: install,
  aliases: install,
  'vendor-mapping': install,
};

/** The kinds that become Flowspec rules. */
const previewed: ReadonlySet<string> = new Set<DocumentKind>(['mitigation-scope', 'acls']);

/**
 * The actions for a document, by its state.
 * @param running the mitigations in force that it has requested
 */
export function documentActions(state: DocumentState, running: readonly RunningRequest[] = []): DocumentAction[] {
  const way = state.kind === null ? undefined : ways[state.kind as DocumentKind];
  if (way === undefined) return [];
  const sends = sending(state, way);
  const here = running.find(({ where }) => where.session === state.destination?.profile);
  const others = running.filter((each) => each !== here);
  return [
    ...(here === undefined ? sends : runningActions(here, sends)),
    ...others.flatMap((each) => runningActions(each, [])),
    ...(sends.some((action) => action.sends) ? [dryRun] : []),
    ...(previewed.has(state.kind ?? '') ? [preview] : []),
  ];
}

/** Only a server sends a status. */
function sending(state: DocumentState, how: Sending): DocumentAction[] {
  const { destination, direction } = state;
  if (destination === null || direction === 'status') return [];
  if (state.requestErrors > 0) return [errors(state, how)];
  if (destination.kind === 'none') return [obstacle(destination, how)];
  const { title, tooltip, command } = how;
  const [name, server] = [destinationName(destination), destinationServer(destination)];
  return [{ title: title(name), tooltip: tooltip(server), command, sends: true }];
}

/** Errors that it has only as a request are not in the Problems view: the command itself reports them. */
function errors({ requestErrors, counts }: DocumentState, { verb, command }: Sending): DocumentAction {
  return {
    title: `${plural(requestErrors, 'error')}: nothing to ${verb} yet`,
    tooltip: 'Show the problems of this document',
    command: counts.error > 0 ? showProblems : command,
  };
}

interface Obstacle {
  title: (profile: string, verb: Sending['verb']) => string;
  tooltip: string;
  command: string;
}

const nowhere = (why: string, verb: Sending['verb']): string => `${why}: cannot ${verb} this yet`;
const openProfiles = { tooltip: 'Open your server profiles', command: 'dots.openProfiles' };
const openProblems = { tooltip: 'Show the problems', command: showProblems };
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
