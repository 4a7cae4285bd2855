import { UnansweredChange } from '#dots/data/unansweredChange';
import { DotsError } from '#dots/model/errors';
import { RequestFailure } from '#dots/signal/recordedRequest';
import type { ExitStatus } from '../command';
import { findingJson } from '../findings';
import { errorJson } from '../invoke';
import type { Io } from '../io';
import { wantsJson, type SendRun } from './sendRun';

/**
 * Runs a function that sends a document. With `--format json` there is an object on standard output even if no answer
 * came: whether something was sent, the findings, and the error. The exit status and standard error are the same.
 */
export async function alwaysJson(run: SendRun, action: (run: SendRun) => Promise<ExitStatus>): Promise<ExitStatus> {
  if (!wantsJson(run)) return action(run);
  const { io } = run;
  const findings: object[] = [];
  let answered = false;
  const watched: Io = {
    ...io,
    out: (text) => {
      answered = true;
      return io.out(text);
    },
    found: (file, located) => void findings.push(...located.map((finding) => ({ file, ...findingJson(finding) }))),
  };
  const print = (sent: boolean, error?: DotsError): Promise<void> =>
    io.out(run.json({ sent, findings, ...(error && { error: errorJson(error), ...requestJson(error) }) }));
  try {
    const status = await action({ ...run, io: watched });
    if (!answered) await print(false);
    return status;
  } catch (error) {
    if (error instanceof DotsError && !answered) await print(wasSent(error), error);
    throw error;
  }
}

/** The request as the ledger has it, by its mid, sid, tsid or tmid. */
const requestJson = (error: DotsError): object =>
  error instanceof RequestFailure ? { [error.entry.parameter]: error.entry.id } : {};

/** Whether anything of a request without an answer has left this machine, and so may have arrived. */
const wasSent = (error: DotsError): boolean =>
  error instanceof RequestFailure ? error.sent : error instanceof UnansweredChange;
