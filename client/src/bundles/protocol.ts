/**
 * A separate bundle, loaded on first use: the code that sends, checks, translates and serves. Until then it costs
 * nothing.
 */
export { changeLines } from '#dots/data/differences';
export { documentWith, entriesIn, entryPath, ownEntries, withoutState } from '#dots/data/resources';
export { DataSession } from '#dots/data/session';
export { cuidInUse, namesEntries, whyCuidStays } from '#dots/dotsClient/cuidChange';
export { dryRunText, installationLines, plannedInstallation, plannedLines } from '#dots/dotsClient/dryRunText';
export { effectWords, plannedRequest } from '#dots/dotsClient/plannedRequest';
export { recordActivation } from '#dots/dotsClient/installedEntries';
export { moveEntries } from '#dots/dotsClient/moveEntries';
export { describeEquivalence } from '#dots/flowspec/order/equivalence';
export { translate } from '#dots/flowspec/translate';
export { policyErrors, readPolicyValue } from '#dots/orchestrator/policyFile';
export { Orchestrator } from '#dots/orchestrator/orchestrator';
export { chosenCuid } from '#dots/signal/cuids';
export { cuidOf, cuidOfCertificate, cuidOnPlainPath, newCuid } from '#dots/signal/identifiers';
export { eventWords } from '#dots/signal/keeper/eventWords';
export { SessionKeeper } from '#dots/signal/keeper/sessionKeeper';
export { isCollision, recordedSentences, sendRecorded } from '#dots/signal/recordedRequest';
export { isRunning } from '#dots/signal/ledger';
export { installedNow } from '#dots/signal/ledgerInstalled';
export { entryOf } from '#dots/signal/ledgerReport';
export { resourceOf } from '#dots/signal/resources';
export { Ledger, serverName } from '#dots/signal/ledgerFolder';
export { SignalSession } from '#dots/signal/session';
export { connectionMemory } from '#dots/signal/sessionOptions';
export { callOf } from '#dots/sessionSocket/messages';
export { relayOver } from '#dots/sessionSocket/relayedKeeper';
export { relayName } from '#dots/sessionSocket/relayMessages';
export { SharedSession } from '#dots/sessionSocket/sharedSession';
export { keeperSocket } from '#dots/sessionSocket/socketPath';
export { parseServer } from '#dots/transport/address';
export { datagramLimit } from '#dots/transport/datagramLimit';
export { discover } from '#dots/discovery/discover';
export { dnsLookup } from '#dots/discovery/dnsLookup';
export { foundProfile } from '#dots/discovery/profile';
export { certificateDates, credentialWarnings } from '#dots/transport/certificates/credentialWarnings';
export { readKey, readPsk } from '#dots/transport/certificates/credentialFiles';
export { answerText } from '../ui/answerText';
export { flowspecText } from '../ui/flowspecText';
