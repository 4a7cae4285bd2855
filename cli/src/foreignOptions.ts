import { UsageError, type Arguments } from './command';

/** The options that only some actions of a command have, each with these actions. */
export type ForeignOptions = readonly (readonly [option: string, actions: readonly string[]])[];

/** Throws UsageError for an option of another action. */
export function refuseForeign(command: string, action: string, given: Arguments, foreign: ForeignOptions): void {
  for (const [option, actions] of foreign)
    if (given.options(option).length > 0 && !actions.includes(action))
      throw new UsageError(
        `dots ${command} ${action} has no option --${option}: it is for ${actions.filter((name) => name !== '').join(' and ')}.`,
      );
}
