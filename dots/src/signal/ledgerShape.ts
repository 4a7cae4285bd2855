import { isObject } from '#dots/model/json';
import type { ClientLedger, InstalledEntry, PendingControl } from './ledger';

type Test = (value: unknown) => boolean;

const isText: Test = (value) => typeof value === 'string';
const isTextOrNull: Test = (value) => value === null || isText(value);
const isNumber: Test = (value) => typeof value === 'number';
const isNumberOrNull: Test = (value) => value === null || isNumber(value);
const isDocument: Test = (value) => isObject(value);

const entryTests: Record<keyof ClientLedger['entries'][number], Test> = {
  kind: isText,
  parameter: isText,
  id: isNumber,
  document: isDocument,
  hash: isText,
  file: isTextOrNull,
  profile: isTextOrNull,
  state: isText,
  createdAt: isText,
  sentAt: isTextOrNull,
  answeredAt: isTextOrNull,
  acceptedAt: isTextOrNull,
  endedAt: isTextOrNull,
  code: isTextOrNull,
  lifetime: isNumberOrNull,
  expiresAt: isTextOrNull,
  status: isTextOrNull,
  statusAt: isTextOrNull,
};

const otherTests: Record<keyof ClientLedger['others'][number], Test> = {
  mid: isNumber,
  scope: isDocument,
  expiresAt: isTextOrNull,
};

const installedTests: Record<keyof InstalledEntry, Test> = {
  container: isText,
  name: isText,
  entry: isDocument,
  address: isText,
  installedAt: isText,
  removedAt: isTextOrNull,
};

const controlTests: Record<keyof PendingControl, Test> = {
  mid: isNumber,
  hash: isText,
  document: isDocument,
  file: isTextOrNull,
  profile: isTextOrNull,
  acls: (value) => Array.isArray(value) && value.every(isText),
  dueAt: isText,
  begunAt: isTextOrNull,
};

/** A member of later versions: absent, or a list. */
const isListOf =
  (tests: Record<string, Test>): Test =>
  (value) =>
    value === undefined || (Array.isArray(value) && value.every((each) => passes(each, tests)));

const ledgerTests: Record<keyof ClientLedger, Test> = {
  server: isText,
  cuid: isText,
  address: isText,
  source: isText,
  replacedBy: isTextOrNull,
  highest: (value) => isObject(value) && Object.values(value).every(isNumber),
  entries: (value) => Array.isArray(value) && value.every((entry) => passes(entry, entryTests)),
  others: (value) => Array.isArray(value) && value.every((other) => passes(other, otherTests)),
  installed: isListOf(installedTests),
  controls: isListOf(controlTests),
};

/** Whether a value read from a file is a ledger as this version writes it. */
export function isClientLedger(value: unknown): value is ClientLedger {
  return passes(value, ledgerTests);
}

function passes(value: unknown, tests: Record<string, Test>): boolean {
  return isObject(value) && Object.entries(tests).every(([member, test]) => test(value[member]));
}
