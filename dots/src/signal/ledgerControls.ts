import { iso, settled, type ClientLedger, type PendingControl } from './ledger';

/** How long one process has for the second step before another one may make it, milliseconds. */
const longestMs = 120_000;

/** Enters a second step of filter control, instead of another one of the same mitigation. */
export function withControl(ledger: ClientLedger, control: Omit<PendingControl, 'begunAt'>): ClientLedger {
  return { ...ledger, controls: [...others(ledger, control.mid), { ...control, begunAt: null }] };
}

/** The second step was made, or is not needed. */
export const withoutControl = (ledger: ClientLedger, mid: number): ClientLedger => ({
  ...ledger,
  controls: others(ledger, mid),
});

/** What is to be done when a second step is due. gone: its mitigation has ended; busy: another process makes it. */
export type BegunControl = PendingControl | 'gone' | 'busy';

/** Begins a second step, so that no other process makes it as well. */
export function beginControl(
  before: ClientLedger,
  mid: number,
  now: number,
): { ledger: ClientLedger; begun: BegunControl } {
  const ledger = settled(before, now);
  const control = ledger.controls?.find((each) => each.mid === mid);
  if (control === undefined) return { ledger, begun: 'gone' };
  if (control.begunAt !== null && now - Date.parse(control.begunAt) < longestMs) return { ledger, begun: 'busy' };
  const begun = { ...control, begunAt: iso(now) };
  return { ledger: { ...ledger, controls: [...others(ledger, mid), begun] }, begun };
}

const others = ({ controls = [] }: ClientLedger, mid: number): PendingControl[] =>
  controls.filter((each) => each.mid !== mid);

/** A second step that is due later, in words. */
export const controlWords = ({ mid, acls, dueAt }: Pick<PendingControl, 'mid' | 'acls' | 'dueAt'>): string =>
  `mid ${mid}  is sent again with the ACLs ${acls.join(', ')} at ${dueAt}, under a new mid, if it is still running (RFC 9133 section 3.2.1)`;
