import type { DataSession } from '#dots/data/session';
import { isObject, itemsOf, type JsonObject, type JsonValue } from '#dots/model/json';
import type { Orchestrator } from '#dots/orchestrator/orchestrator';
import type { SignalSession } from '#dots/signal/session';
import { scopesOf } from '../protocol/scene';

/**
 * What a server makes of a document: what it says on asking, and the rules that are in force then; or how it refuses
 * it.
 */
export type Outcome = { stored: JsonObject; rules: string[] } | { refused: string };

const client = 'ietf-dots-data-channel:dots-data';

/** Sends a request, asks for it, and withdraws it; the server must have no other. */
export async function throughSignal(
  session: SignalSession,
  orchestrator: Orchestrator,
  document: JsonObject,
  mid: number,
): Promise<Outcome> {
  const answer = await session.requestMitigation(document, mid);
  if (!answer.ok) return { refused: `${answer.code} ${answer.diagnostic?.slice(0, 40) ?? ''}` };
  const { body } = await session.status(mid);
  const rules = rulesAt(orchestrator);
  await session.withdraw(mid);
  const [sent] = scopesOf(document);
  const scope = Object.entries(scopesOf(body)[0] ?? {}).filter(([name]) => Object.hasOwn(sent ?? {}, name));
  return { stored: { 'ietf-dots-signal-channel:mitigation-scope': { scope: [Object.fromEntries(scope)] } }, rules };
}

/** Installs what a client has in a data channel tree, asks for it, and deletes it. */
export async function throughData(
  session: DataSession,
  orchestrator: Orchestrator,
  document: JsonObject,
): Promise<Outcome> {
  const [container, content] = contentOf(document);
  const member = `ietf-dots-data-channel:${container}`;
  const { answer } = await session.install({ [member]: content });
  if (!answer.ok) return { refused: `${answer.status} ${answer.errors[0]?.path ?? ''}` };
  const { body = {} } = await session.get(container, { content: 'config' });
  const rules = rulesAt(orchestrator);
  await session.delete(container);
  return { stored: { [client]: { 'dots-client': [{ cuid: 'a', [container]: body[member] ?? null }] } }, rules };
}

function contentOf(document: JsonObject): ['acls' | 'aliases', JsonValue] {
  const tree = document[client];
  const [found] = isObject(tree) ? itemsOf(tree['dots-client']).filter(isObject) : [];
  return found?.acls === undefined ? ['aliases', found?.aliases ?? null] : ['acls', found.acls];
}

function rulesAt(orchestrator: Orchestrator): string[] {
  return orchestrator.flowspec().rules.map(({ nlri, extendedCommunities }) => [nlri, ...extendedCommunities].join(' '));
}
