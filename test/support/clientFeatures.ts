/** The features of the client that are tested without an editor; `editor` is the one they see (test/support/vscode.ts). */
export { Credentials } from '../../client/src/features/credentials';
export { Places } from '../../client/src/features/places';
export { ProfileHost } from '../../client/src/features/profiles';
export { FolderDocuments } from '../../client/src/features/folderDocuments';
export { tellFailure } from '../../client/src/features/problems';
export { RequestSender } from '../../client/src/features/sendRequest';
export { SessionHost } from '../../client/src/features/session';
export { DotsError } from '#dots/model/errors';
export * as vscode from './vscode';
