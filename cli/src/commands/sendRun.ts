import type { MessageWatch } from '#dots/coap/watchedChannel';
import { safeJson } from '#dots/model/text';
import type { Arguments } from '../command';
import type { Connect } from '../connection';
import type { Io } from '../io';

/** One run of `dots send`, or its part for one of several documents. */
export interface SendRun {
  given: Arguments;
  io: Io;
  connect: Connect;
  /** Receives the messages of its sessions. */
  watch?: MessageWatch;
  /** A result as JSON text: one object per line where there are several documents. */
  json(result: object): string;
}

/** The result of the only document, which may take several lines. */
export const onlyResult =
  ({ paths }: Arguments) =>
  (result: object): string =>
    `${safeJson({ file: paths[0] ?? null, ...result }, 2)}\n`;

/** The result of one of several documents, in a line. */
export const resultOf =
  (file: string) =>
  (result: object): string =>
    `${safeJson({ file, ...result })}\n`;

export const wantsJson = ({ given }: Pick<SendRun, 'given'>): boolean => given.option('format') === 'json';
