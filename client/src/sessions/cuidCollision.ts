import * as vscode from 'vscode';
import type { JsonObject } from '#dots/model/json';
import { printable } from '#dots/model/text';
import type { DataHost } from './dataChannel';
import type { ClientIdentity } from './identity';
import type { SettledTarget } from './serverTargets';
import type { SendResult } from './sessionHost';

/** Sends a document as the client of a target. */
type SendAs = (target: SettledTarget) => Promise<SendResult>;

/**
 * What follows when a server refuses a cuid because another client uses it (RFC 9132 section 4.4.1.3): the user is
 * asked whether a new one is generated; then the document is sent again under it, and the aliases and ACLs of this
 * client move to it.
 */
export class CuidCollision {
  constructor(
    private readonly identity: Pick<ClientIdentity, 'client' | 'renamed' | 'sourceOf'>,
    private readonly data: Pick<DataHost, 'over'>,
  ) {}

  /** Sends a document, again where the cuid collides and may change. Throws a DotsError. */
  async resolved(target: SettledTarget, document: JsonObject, sendAs: SendAs): Promise<SendResult> {
    const first = await sendAs(target);
    const { isCollision, namesEntries } = await import('#lazy/protocol');
    if (first.mid === undefined || !isCollision(first.answer)) return first;
    const refusal = await this.refusal(target);
    if (refusal !== undefined) return withNotes(first, [refusal]);
    const renamed = { ...target, cuid: await this.identity.renamed(target) };
    // A request that names aliases or ACLs needs them under its cuid; any other one is sent first.
    const before = namesEntries(document) ? await this.move(target, renamed) : [];
    const second = await sendAs(renamed);
    const moved = before.length > 0 ? before : await this.move(target, renamed);
    const said = `Another client uses the cuid ${target.cuid}: from now on this one uses ${renamed.cuid}.`;
    return withNotes(second, [said, ...moved]);
  }

  /** Why the cuid stays; undefined if the user agrees to a new one. */
  private async refusal(target: SettledTarget): Promise<string | undefined> {
    const { cuid, profile } = target;
    const { cuidInUse, whyCuidStays } = await import('#lazy/protocol');
    const reason = await whyCuidStays(this.identity.sourceOf(cuid), await this.identity.client(target));
    if (reason === 'in-use') return cuidInUse(cuid);
    if (reason === 'configured')
      return `Another client uses the cuid ${cuid}, which the workspace file or the profile names. Specify another one there.`;
    const generate = 'Generate and Send Again';
    const chosen = await vscode.window.showWarningMessage(
      printable(`Another client uses the cuid of "${profile}". Generate a new one and send again?`),
      { modal: true, detail: printable(`cuid: ${cuid}. Your aliases and ACLs there move to the new one.`) },
      generate,
    );
    return chosen === generate ? undefined : 'Send again to generate a new cuid, which is used from then on.';
  }

  private async move(from: SettledTarget, to: SettledTarget): Promise<string[]> {
    const { moveEntries } = await import('#lazy/protocol');
    const client = async (target: SettledTarget) => ({
      cuid: target.cuid,
      client: await this.identity.client(target),
    });
    return moveEntries({
      from: await client(from),
      to: await client(to),
      overData: ({ address, cuid }, action) => this.data.over({ ...from, server: address, cuid }, action),
    });
  }
}

/** An answer with what else there is to say about it. */
function withNotes(result: SendResult, more: readonly string[]): SendResult {
  const { answer } = result;
  return { ...result, answer: { ...answer, notes: [...(answer.notes ?? []), ...more] } };
}
