import { changeLines, type EntryChange } from '#dots/data/differences';
import type { Installed } from '#dots/data/session';
import { UnansweredChange } from '#dots/data/unansweredChange';
import type { JsonObject } from '#dots/model/json';
import { printable } from '#dots/model/text';
import type { ExitStatus } from '../command';
import { dataAnswerJson, dataAnswerLines } from '../dataAnswer';
import { overData, recordingInstalled } from '../dataTarget';
import type { Sending } from '../serverTarget';
import type { SettledTarget } from '../settledTarget';
import { wantsJson, type SendRun } from './sendRun';

/** Sends aliases or ACLs over the data channel and prints the server's answer. */
export async function install(
  document: JsonObject,
  { target, ledger, notes = [] }: Pick<Sending, 'target' | 'ledger' | 'notes'>,
  run: SendRun,
): Promise<ExitStatus> {
  const { io } = run;
  const isJson = wantsJson(run);
  const announce = async (changes: EntryChange[]): Promise<void> => {
    if (!isJson)
      await io.out(
        changeLines(changes)
          .map((line) => `${printable(line)}\n`)
          .join(''),
      );
  };
  const stop = new AbortController();
  void io.stopped().then(() => stop.abort());
  const installed = await overData(target, (session) =>
    session.install(document, {
      timeoutMs: target.timeoutMs,
      announce,
      accepted: recordingInstalled(ledger, target),
      signal: stop.signal,
    }),
  ).catch(withNextStep);
  await io.out(
    isJson
      ? run.json({ ...installedJson(installed, target), ...(notes.length > 0 && { notes }) })
      : installedText(installed, target),
  );
  return installed.answer.ok ? 0 : 1;
}

/** Some entries may be on the server where a request had no answer. */
function withNextStep(error: unknown): never {
  if (!(error instanceof UnansweredChange)) throw error;
  const hint = [error.hint, 'dots data get shows what the server has.'].filter((each) => each !== undefined).join(' ');
  throw new UnansweredChange(error.kind, error.code, error.message, hint, { cause: error });
}

function installedText({ answer, registered, replaced }: Installed, { cuid, profile }: SettledTarget): string {
  const notes = [
    registered ? `The client was not registered; dots registered it first, as ${cuid}.` : '',
    replaced ? 'Existing entries of the same name were replaced.' : '',
  ];
  return [...notes, ...dataAnswerLines(answer), `${profile === undefined ? '' : `profile ${profile}, `}cuid ${cuid}`]
    .filter((line) => line !== '')
    .map(printable)
    .map((line) => `${line}\n`)
    .join('');
}

function installedJson(
  { answer, answers, registered, replaced, changes }: Installed,
  { server, cuid, profile }: SettledTarget,
): object {
  return {
    ...dataAnswerJson(answer),
    server,
    profile: profile ?? null,
    cuid,
    registered,
    replaced,
    changes,
    answers: answers.map(dataAnswerJson),
  };
}
