import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { closeAll, virtualText, workbench } from '../support/editor';

suite('the test of a connection', () => {
  suiteSetup(workbench);
  suiteTeardown(async () => {
    await closeAll();
    await vscode.commands.executeCommand('dots.stopOrchestrator');
  });

  test('says of both channels what was verified, until when certificates are valid, and what the server offers', async () => {
    await vscode.commands.executeCommand('dots.testConnection', 'mock');
    const text = await virtualText('dots-connection', (each) => each.includes('# Data channel'));
    assert.match(text, /^# mock: both channels work/);
    assert.match(text, /State +connected, over DTLS 1\.2/);
    assert.match(text, /Client certificate .*valid from \d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d/);
    assert.match(text, /Datagram limit +\d+ octets/);
    assert.match(text, /answers over HTTPS, round trip \d+ ms/);
    assert.match(text, /"address-family"/);
  });

  test('a server that is not there is said in words, and the other channel is tested all the same', async () => {
    await vscode.commands.executeCommand('dots.testConnection', 'nowhere');
    const text = await virtualText('dots-connection', (each) => each.includes('# nowhere'));
    assert.match(text, /^# nowhere: a channel does not work/);
    assert.match(text, /no profile/i);
  });
});
