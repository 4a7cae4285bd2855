import { diagnostic } from '#dots/cbor/diagnostic';
import { fileLimits } from '#dots/cbor/reader';
import { readableOption } from '#dots/coap/messages/optionText';
import { contentOf as messageOf, pathText } from '#dots/coap/request';
import { dryRunText, installationLines, plannedInstallation, plannedLines } from '#dots/dotsClient/dryRunText';
import { plannedRequest, type PlannedRequest } from '#dots/dotsClient/plannedRequest';
import type { JsonObject } from '#dots/model/json';
import { systemClock } from '#dots/runtime/clock';
import { isData, ledgerAt } from '../clientIdentity';
import type { ExitStatus } from '../command';
import type { ReadDocument } from '../document';
import type { Sending } from '../serverTarget';
import type { SettledTarget } from '../settledTarget';
import { pathOfFile } from '../workspace';
import { wantsJson, type SendRun } from './sendRun';

/** What would be sent. */
interface Plan {
  /** The members of the JSON. */
  json: JsonObject;
  lines: string[];
  /** Whether `dots send` would send it. */
  possible: boolean;
}

/**
 * Prints where a document would go, as which client, and the octets of its request. Nothing leaves this machine, and
 * the ledger stays as it is. Returns 2 for a mitigation request that would not be sent because it does not fit in one
 * datagram. Throws a DotsError.
 */
export async function dryRun(document: ReadDocument, sending: Sending, run: SendRun): Promise<ExitStatus> {
  const { target } = sending;
  const plan = isData(target.server) ? dataPlan(document, target) : await signalPlan(document, sending, run);
  const { server, profile, cuid } = target;
  const head = { dryRun: true, sent: false, server, profile: profile ?? null, cuid };
  await run.io.out(wantsJson(run) ? run.json({ ...head, ...plan.json }) : dryRunText(target, plan.lines));
  return plan.possible ? 0 : 2;
}

async function signalPlan(
  { file, value }: ReadDocument,
  { ledger, target }: Sending,
  { given }: SendRun,
): Promise<Plan> {
  const blocks = given.option('blocks') !== undefined;
  const sending = { ...target, file: pathOfFile(file) ?? null, blocks };
  const planned = plannedRequest(await ledgerAt(ledger, target).read(), value, sending, systemClock.now());
  const { identifier, refreshes, replaces, size, request } = planned;
  return {
    json: {
      ...noIdentifier,
      ...(identifier && { [identifier.name]: identifier.value }),
      refresh: refreshes,
      replaces: replaces.map(({ mid }) => mid),
      request: requestJson(planned),
    },
    lines: plannedLines(planned),
    possible: size.fits || request.blocks === true,
  };
}

const noIdentifier = { mid: null, sid: null, tsid: null, tmid: null };

function requestJson({ request, size: { message, limit, fits } }: PlannedRequest): JsonObject {
  const { method, path, confirmable, payload = new Uint8Array() } = request;
  return {
    method,
    path: pathText(path),
    type: confirmable ? 'CON' : 'NON',
    options: messageOf(request).options.map((each): JsonObject => ({ ...readableOption(each) })),
    octets: payload.length,
    messageOctets: message,
    datagramOctets: limit,
    fits,
    hex: Buffer.from(payload).toString('hex'),
    diagnostic: diagnostic(payload, fileLimits),
  };
}

function dataPlan({ value }: ReadDocument, { cuid }: SettledTarget): Plan {
  const planned = plannedInstallation(value, cuid);
  return {
    json: { ...noIdentifier, refresh: false, replaces: [], request: { method: 'POST', ...planned } },
    lines: installationLines(value, planned),
    possible: true,
  };
}
