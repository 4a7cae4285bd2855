import { DotsError } from '#dots/model/errors';
import type { ExitStatus } from '../command';
import { findingJson } from '../findings';
import { errorJson } from '../invoke';
import type { Io } from '../io';
import { failureJson } from './sendResult';
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
  const json = (result: object, error?: DotsError): string =>
    run.json({ version: 1, ...result, findings, error: error === undefined ? null : errorJson(error) });
  const printFailure = (error?: DotsError): Promise<void> => io.out(json(failureJson(error), error));
  try {
    const status = await action({ ...run, io: watched, json });
    if (!answered) await printFailure();
    return status;
  } catch (error) {
    if (error instanceof DotsError && !answered) await printFailure(error);
    throw error;
  }
}
