import { oneLine } from '#dots/model/text';
import type { MitigationRef } from './mitigation';
import type { DocumentAction } from './documentAction';
import { labelText, lined } from './textLayout';

/** A mitigation that a document has requested and that is in force. */
export interface RunningRequest {
  where: MitigationRef;
  /** Its status, and the time that is left: `mitigating on upstream, 43 min left`. */
  status: string;
  /** The sentence of its status. */
  sentence: string;
  /** What the document asks for otherwise, one phrase each; empty where it is as it was sent. */
  changes: readonly string[];
  /** What sending the document would do to what runs, a sentence. */
  effect: string;
}

/** The mitigations in force of a document, and what changes when it is sent again. */
export interface RequestsInForce<Document> {
  of(document: Document): Promise<readonly RunningRequest[]>;
}

/** The links of a request in force: its status, and what can be done to it; `send` are those that send the document. */
export function runningActions(running: RunningRequest, send: readonly DocumentAction[]): DocumentAction[] {
  const { where, status, sentence } = running;
  const args = [where];
  return [
    {
      title: labelText(status),
      tooltip: lined(sentence, 'Show it in the DOTS view'),
      command: 'dots.session.focus',
      args: [],
    },
    {
      title: 'Renew',
      tooltip: 'Repeat the request as it was sent: its lifetime starts again',
      command: 'dots.renew',
      args,
    },
    ...(running.changes.length === 0 ? [] : [...send.map(sendingChanges), difference(running)]),
    { title: 'Withdraw', tooltip: 'End this mitigation', command: 'dots.withdraw', args },
  ];
}

const sendingChanges = (action: DocumentAction): DocumentAction =>
  action.command === 'dots.sendRequest' && action.sends === true ? { ...action, title: 'Send changes' } : action;

/** The longest title of a link, characters. */
const longestTitle = 100;

/** What sending would change, before it is sent. */
function difference({ where, changes, effect }: RunningRequest): DocumentAction {
  return {
    title: labelText(oneLine(`edited: ${changes.join('; ')}`, longestTitle)),
    tooltip: lined(...changes, effect, 'Show the difference to what is in force'),
    command: 'dots.compareRunning',
    args: [where],
  };
}
