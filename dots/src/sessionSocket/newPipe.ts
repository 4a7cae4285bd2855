import { randomBytes } from 'node:crypto';

/** The name of a new pipe, which other users cannot guess. */
export const newPipe = (): string => `\\\\.\\pipe\\dots-${randomBytes(16).toString('hex')}`;
