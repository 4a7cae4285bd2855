/**
 * A separate bundle, loaded on first use: the code that sends, checks, translates and serves. Until then it costs
 * nothing.
 */
export { DataSession } from '#dots/data/session';
export { translate } from '#dots/flowspec/translate';
export { Orchestrator } from '#dots/orchestrator/orchestrator';
export { connectionMemory, newCuid, nextMid, SignalSession } from '#dots/signal/session';
export { answerText } from '../ui/answerText';
export { flowspecText } from '../ui/flowspecText';
