import { render } from '#dots/flowspec/renderings/render';
import { describeEquivalence } from '#dots/flowspec/order/equivalence';
import { vectorNames } from '#dots/model/attackVectors';
import { DotsError } from '#dots/model/errors';
import { parsePrefix } from '#dots/model/prefix';
import { safeJson } from '#dots/model/text';
import type { Orchestrator, Simulation } from '#dots/orchestrator/orchestrator';
import { decisionLine, dmsFaults, faultWords } from '#dots/words/simulation';
import { UsageError, wholeNumber, type Arguments, type Command, type ExitStatus } from '../command';
import { actionOf, orchestrator as description, type Action } from '../commands/orchestrator';
import { findingOnly, rulesJson } from '../commands/flowspecJson';
import type { Io } from '../io';
import { decisionJson, statusJson, statusText } from './report';
import { readTraffic } from './trafficFile';

interface Asked {
  running: Orchestrator;
  simulation: Simulation;
  words: string[];
  given: Arguments;
  io: Io;
}

const isJson = ({ given }: Asked): boolean => given.option('format') === 'json';

/** What each action does in the process of the orchestrator; resolves with the exit status. */
const actions: Record<Action, (asked: Asked) => Promise<ExitStatus>> = {
  status: async (asked) => {
    const view = asked.simulation.view();
    await asked.io.out(isJson(asked) ? `${safeJson(statusJson(view), 2)}\n` : statusText(view));
    return 0;
  },
  decisions: async (asked) => {
    const decisions = asked.running.decisions();
    if (decisions.length === 0) asked.io.say('dots orchestrator: Nothing was decided yet.');
    const lines = decisions.map((each) => (isJson(asked) ? safeJson(decisionJson(each)) : decisionLine(each)));
    await asked.io.out(lines.map((line) => `${line}\n`).join(''));
    return 0;
  },
  rules,
  attack,
  stop: async (asked) => {
    const names = asked.simulation.stop(asked.words[0]);
    return done(asked, names, names.length === 0 ? 'No attack was begun here.' : `Ended: ${names.join(', ')}.`);
  },
  fault: async (asked) => {
    const [fault, dms] = asked.words;
    const names = asked.simulation.setFault(fault === 'none' ? undefined : fault, dms);
    const known = dmsFaults.find((each) => each === fault);
    const what = known === undefined ? 'without a fault' : `${faultWords(known)}, until dots orchestrator fault none`;
    return done(asked, names, `${names.join(', ')}: ${what}.`);
  },
};

/** `dots orchestrator` in the process of the orchestrator that it asks. */
export const servedBy = (running: Orchestrator): Command => ({
  ...description,
  run: (given, io) => {
    const { action, words } = actionOf(given);
    const { simulation } = running;
    if (simulation === undefined)
      throw new DotsError(
        'usage',
        'orchestrator/no-policy',
        'This dots mock was started without a policy.',
        'Start it with --policy FILE.',
      );
    return actions[action]({ running, simulation, words, given, io });
  },
});

async function rules(asked: Asked): Promise<ExitStatus> {
  const { running, simulation, io } = asked;
  const names = simulation.policy.nodes.map(({ name }) => name);
  const node = names.find((name) => name === asked.words[0]);
  if (node === undefined)
    throw new UsageError(
      `No forwarding node is called "${asked.words[0] ?? ''}".`,
      names.length === 0 ? 'The policy has none.' : `Choose one of: ${names.join(', ')}.`,
    );
  const found = running.flowspec(node);
  const findings = found.findings.map(findingOnly);
  if (isJson(asked)) await io.out(`${safeJson(rulesJson({ ...found, findings }), 2)}\n`);
  else if (found.rules.length === 0) io.say(`dots orchestrator: ${node} has no rule.`);
  else await io.out(`${render(found.rules, 'table')}\n${describeEquivalence(found.equivalence)}\n`);
  return found.findings.some(({ severity }) => severity === 'error') ? 1 : 0;
}

async function attack(asked: Asked): Promise<ExitStatus> {
  const { simulation, given, io } = asked;
  const [name = ''] = asked.words;
  const [to, rate] = [given.option('to'), wholeNumber('rate', given.option('rate'), 1, 10_000_000_000_000)];
  if (to !== undefined && parsePrefix(to) === undefined)
    throw new UsageError(`--to requires a prefix, not "${to}".`, 'Write one such as 192.0.2.10/32.');
  const vector = vectorNames.find((each) => each === name);
  if (vector !== undefined) {
    simulation.attack(vector, { ...(to !== undefined && { to }), ...(rate !== undefined && { rate }) });
    return done(asked, [vector], `Begun: ${vector}. dots orchestrator stop ends it.`);
  }
  if (to !== undefined || rate !== undefined)
    throw new UsageError('--to and --rate are of a vector; a file has its own.', 'Change them in the file.');
  const classes = await readTraffic(name, io);
  simulation.begin(classes);
  const names = classes.map((each) => each.name);
  return done(asked, names, `Begun: ${names.join(', ')}. dots orchestrator stop ends it.`);
}

async function done(asked: Asked, names: readonly string[], sentence: string): Promise<ExitStatus> {
  await asked.io.out(isJson(asked) ? `${safeJson({ version: 1, names })}\n` : `${sentence}\n`);
  return 0;
}
