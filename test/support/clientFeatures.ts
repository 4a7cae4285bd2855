/**
 * The features of the client that are tested without an editor; `editor` is the one they see (test/support/vscode.ts).
 */
export { Credentials } from '../../client/src/sessions/credentials';
export { ActiveProfile } from '../../client/src/editor/activeProfile';
export { CuidCollision } from '../../client/src/sessions/cuidCollision';
export { DocumentLenses } from '../../client/src/editor/codeLens';
export { DocumentStates } from '../../client/src/editor/documentStates';
export { LanguageServer } from '../../client/src/editor/languageClient';
export { ClientIdentity } from '../../client/src/sessions/identity';
export { ServerTargets } from '../../client/src/sessions/serverTargets';
export { ProfileHost } from '../../client/src/sessions/profiles';
export { Definitions } from '../../client/src/flowspec/definitions';
export { showFailure } from '../../client/src/editor/problems';
export { RequestSender } from '../../client/src/commands/sendRequest';
export { Underway } from '../../client/src/sessions/underway';
export { SessionHost } from '../../client/src/sessions/sessionHost';
export { DotsError } from '#dots/model/errors';
export * as vscode from './vscode';
export { server } from './languageClient';
