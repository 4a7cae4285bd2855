import * as vscode from 'vscode';
import type { DataSession } from '#dots/data/session';
import { describeError, DotsError } from '#dots/model/errors';
import type { JsonObject } from '#dots/model/json';
import { mockName } from '#dots/workspace/fileNames';
import type { InstalledState } from '../ui/installedTree';
import type { EntryRef } from '../ui/treeNode';
import type { DataHost } from './dataChannel';
import type { ClientIdentity } from './identity';
import type { ProfileHost } from './profiles';
import type { ServerTargets, SettledTarget } from './serverTargets';

/** What reading and changing needs. */
interface Parts {
  profiles: ProfileHost;
  targets: ServerTargets;
  identity: ClientIdentity;
  data: DataHost;
  log: vscode.LogOutputChannel;
}

/**
 * The aliases and ACLs of this client at real servers, as these report them; those of the mock are known from itself.
 */
export class InstalledEntries implements vscode.Disposable {
  private readonly states = new Map<string, InstalledState>();
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changed.event;

  constructor(private readonly parts: Parts) {
    parts.data.onInstalled = (target) => void this.read(target);
  }

  list(): InstalledState[] {
    return [...this.states.values()];
  }

  /** Reads those of all profiles at whose servers this client has installed something, by the ledger. */
  async readAll(): Promise<void> {
    const { profiles, targets, identity, log } = this.parts;
    const known = await profiles.read();
    const all = (await identity.withInstalled()).flatMap(({ cuid, addresses }) =>
      known.profiles
        .filter(({ data }) => data !== undefined && addresses.includes(data))
        .map(({ name }) => ({ name, cuid })),
    );
    const read = all.map(async ({ name, cuid }) => this.read(await targets.dataToAsk(name, cuid, known)));
    for (const each of await Promise.allSettled(read))
      if (each.status === 'rejected') log.warn(describeError(each.reason));
  }

  /** An entry as the server has it now. Throws a DotsError. */
  async entry(ref: EntryRef): Promise<JsonObject> {
    const { entriesIn, entryPath } = await import('#lazy/protocol');
    const { container, name } = ref;
    const answer = await this.at(ref, (session) => session.get(entryPath(container, name)));
    const entry = entriesIn(container, answer.body).find((each) => each.name === name);
    if (answer.ok && entry !== undefined) return entry;
    throw gone(ref);
  }

  /** Sets when an ACL is in force (RFC 8783 section 7.2), and enters it in the ledger. Throws a DotsError. */
  async activate(ref: EntryRef, activation: 'immediate' | 'deactivate'): Promise<void> {
    const { recordActivation } = await import('#lazy/protocol');
    const { answer } = await this.at(ref, (session) => session.activate(ref.name, activation));
    if (!answer.ok) throw refused(ref, answer.status);
    const target = await this.target(ref);
    await recordActivation(await this.parts.identity.client(target), ref.name, activation);
    await this.read(target);
  }

  /** Removes an alias or an ACL (RFC 8783 sections 6.3 and 7.4), and enters it in the ledger. Throws a DotsError. */
  async remove(ref: EntryRef): Promise<void> {
    const { container, name } = ref;
    const { answer } = await this.at(ref, (session) => session.remove(container, name));
    if (!answer.ok) throw refused(ref, answer.status);
    const target = await this.target(ref);
    await (await this.parts.identity.client(target)).removed({ container, name });
    await this.read(target);
  }

  /** Where an entry is. Throws a DotsError. */
  async target({ session, cuid }: EntryRef): Promise<SettledTarget> {
    return this.parts.targets.dataToAsk(session, cuid, await this.parts.profiles.read());
  }

  dispose(): void {
    this.changed.dispose();
  }

  private async at<T>(ref: EntryRef, action: (session: DataSession) => Promise<T>): Promise<T> {
    return this.parts.data.over(await this.target(ref), action);
  }

  /** Reads what a target has; a failure is in the rows, and what was known stays. */
  private async read(target: SettledTarget): Promise<void> {
    const { profile: name, cuid } = target;
    if (name === mockName) return;
    const before = this.states.get(name) ?? { name, cuid, entries: [], readAt: undefined, error: undefined };
    const state = await this.reading(target, before);
    if (state.entries.length === 0 && state.error === undefined) this.states.delete(name);
    else this.states.set(name, state);
    this.changed.fire();
  }

  private async reading(target: SettledTarget, before: InstalledState): Promise<InstalledState> {
    const { ownEntries } = await import('#lazy/protocol');
    try {
      const answer = await this.parts.data.over(target, (session) => session.get(''));
      if (!answer.ok && answer.status !== 404)
        return { ...before, error: `The server refused to list them: ${answer.status}.` };
      return { ...before, cuid: target.cuid, entries: ownEntries(answer.body), readAt: Date.now(), error: undefined };
    } catch (error) {
      return { ...before, error: describeError(error) };
    }
  }
}

const named = ({ container, name }: EntryRef): string => `${container === 'acls' ? 'ACL' : 'alias'} "${name}"`;

const gone = (ref: EntryRef): DotsError =>
  new DotsError(
    'malformed',
    'editor/no-entry',
    `The server does not have the ${named(ref)} any more.`,
    'Refresh the view.',
  );

const refused = (ref: EntryRef, status: number): DotsError =>
  new DotsError('malformed', 'editor/refused', `The server refused to change the ${named(ref)}: ${status}.`);
