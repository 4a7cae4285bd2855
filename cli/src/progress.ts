import { isRequest } from '#dots/coap/messages/message';
import type { MessageWatch } from '#dots/coap/watchedChannel';
import { systemClock, type Clock } from '#dots/runtime/clock';
import { plural } from '#dots/words/quantities';
import type { Arguments, Option } from './command';
import type { Io } from './io';
import { messageLine } from './messageLine';

/** Shows what is sent and received. */
export const verboseOption: Option = {
  name: 'verbose',
  short: 'v',
  description: 'Print each CoAP message that is sent or received on standard error: time, type, code, token, octets.',
};

const stepMs = 1000;

/** What a command shows on standard error while it waits. */
export interface Progress {
  /** Receives the messages of its sessions. */
  watch: MessageWatch;
  end(): void;
}

/**
 * On a terminal a line with the time and the number of requests sent, copies included, which is removed at the end;
 * with `-v` a line for each message. Otherwise nothing.
 */
export function progressOf(given: Arguments, io: Io, clock: Clock = systemClock): Progress {
  const isVerbose = given.option('verbose') !== undefined;
  const start = clock.monotonic();
  let transmissions = 0;
  const show = (): void => {
    const seconds = Math.round((clock.monotonic() - start) / 1000);
    io.progress?.(`${seconds} s, ${plural(transmissions, 'transmission')}`);
    timer = clock.setTimeout(show, stepMs);
  };
  let timer = io.progress && clock.setTimeout(show, stepMs);
  return {
    watch: (seen) => {
      const { way, message } = seen;
      if (way === 'sent' && 'code' in message && isRequest(message.code)) transmissions += 1;
      if (isVerbose) io.say(messageLine(seen, clock.now()));
    },
    end: () => {
      clock.clearTimeout(timer);
      io.progress?.('');
    },
  };
}
