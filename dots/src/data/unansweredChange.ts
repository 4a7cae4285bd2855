import { DotsError } from '#dots/model/errors';

/** A change that was sent and has no answer: the server may have made it. */
export class UnansweredChange extends DotsError {}
