import assert from 'node:assert/strict';
import { firstExample } from '../lib/paths.mjs';
import { checkGuards } from './guards.mjs';

const aclExample = 'amplification-acl.dots.json';
const policyExample = 'protect-web.dots.json';
const live = 'Flowspec: in force';
const faultyExample = 'first-draft.dots.json';
const answer = `Answer: ${firstExample}`;
const preview = `Flowspec: ${firstExample}`;

/**
 * The main job as a person does it, step by step: `[title, what to do]`. `host` is VS Code's server; `editor` is an
 * EditorPage that shows examples/ with the first example open, in a dark theme.
 */
export function walk(editor, host) {
  return [...guards(host), ...start(editor), ...send(editor), ...look(editor), ...decide(editor), ...learn(editor)];
}

const guards = (host) => [
  ['no client reaches the server without its token, and no page of another origin', () => checkGuards(host)],
];

/** The example, the mock and where requests go. */
function start(editor) {
  return [
    [
      'VS Code asks whether the folder is trusted, and until it is the mock orchestrator stays off',
      async () => {
        const question = editor.page.locator('.monaco-dialog-box', { hasText: 'Do you trust the authors' });
        await question.waitFor();
        assert.equal(await editor.statusItem('mock is ready').count(), 0);
        await question.getByText('Yes, I trust the authors').click();
      },
    ],
    ['the example opens', () => editor.tab(firstExample).waitFor()],
    ['the mock orchestrator starts by itself', () => editor.statusItem('mock is ready').waitFor()],
    [
      'the sidebar names the next step',
      async () => {
        await editor.showView('DOTS');
        await editor.page.locator('.sidebar').getByText('No mitigation yet').first().waitFor();
      },
    ],
    [
      'the status bar says where requests go, and offers another place',
      async () => {
        await editor.statusItem('mock').last().waitFor();
        await editor.command('DOTS: Select Server Profile');
        await editor.page
          .locator('.quick-input-list .monaco-list-row', { hasText: 'Create a profiles file' })
          .waitFor();
        await editor.shot('profiles-dark');
        await editor.page.keyboard.press('Escape');
      },
    ],
  ];
}

/** What is sent, and what becomes of it. */
function send(editor) {
  return [
    [
      'one click installs an ACL, which waits for a mitigation',
      async () => {
        await editor.openFile(aclExample);
        await editor.lens('Install on mock').click();
        await editor.row('ACL, standby').first().waitFor();
        await editor.command('View: Close All Editors');
        await editor.openFile(firstExample);
      },
    ],
    [
      'one click sends the request, and the answer opens beside it',
      async () => {
        await editor.lens('Send to mock').click();
        await editor.tab(answer).waitFor();
        await editor.linesOf(answer).getByText('2.01').first().waitFor();
      },
    ],
    [
      'the sidebar shows the mitigation with its status and lifetime',
      async () => {
        await editor.row('192.0.2.0/24').first().waitFor();
        await editor.row('Lifetime').first().waitFor();
        await editor.row('ACL, active').first().waitFor();
      },
    ],
  ];
}

/** What documents mean and what is wrong with them; pictures of the whole. */
function look(editor) {
  return [
    [
      'Preview Flowspec shows the rules',
      async () => {
        await editor.lens('Preview Flowspec').click();
        await editor.tab(preview).waitFor();
        await editor.linesOf(preview).getByText('192.0.2.0/24').first().waitFor();
      },
    ],
    [
      'a faulty document shows its findings',
      async () => {
        await editor.command('View: Split Editor Down');
        await editor.openFile(faultyExample);
        await editor.page.locator('.squiggly-error').first().waitFor();
        await editor.lens('errors: nothing to send yet').first().waitFor();
      },
    ],
    [
      'pictures of it in both themes',
      async () => {
        await editor.shot('overview-dark');
        await editor.toggleTheme('light');
        await editor.shot('overview-light');
        await editor.toggleTheme('dark');
      },
    ],
    [
      'the rules in force are those of the mitigation and of the ACL that it activated; pictures of it',
      async () => {
        await editor.command('View: Close All Editors');
        await editor.openFile(aclExample);
        await editor.lens('Install on mock').first().waitFor();
        await editor.command('DOTS: Preview Live Flowspec');
        await editor.linesOf(live).getByText('ExaBGP').first().waitFor();
        await editor.row('min left').first().waitFor();
        await editor.shot('live-dark');
        await editor.toggleTheme('light');
        await editor.shot('live-light');
        await editor.toggleTheme('dark');
      },
    ],
  ];
}

/** Who mitigates, by the policy that a workspace file names; pictures of it. */
function decide(editor) {
  return [
    [
      'the policy of a workspace file decides who mitigates, and a simulated attack is scrubbed; pictures of it',
      async () => {
        await editor.command('View: Close All Editors');
        await editor.openFile(policyExample);
        await editor.lens('Send to mock').click();
        await editor.row('web-1: 192.0.2.10').first().waitFor();
        await editor.command('DOTS: Begin Simulated Attack...');
        await editor.page.locator('.quick-input-list .monaco-list-row', { hasText: 'dns-amplification' }).click();
        await editor.row('1 Gbit/s to').first().waitFor();
        await editor.tab(`Answer: ${policyExample}`).waitFor();
        await editor.row('edge-1').first().click();
        await editor.linesOf('Flowspec: edge-1').getByText('Order: proved').first().waitFor();
        await editor.shot('orchestrator-dark');
        await editor.toggleTheme('light');
        await editor.shot('orchestrator-light');
        await editor.toggleTheme('dark');
      },
    ],
  ];
}

/** The walkthrough and the Problems view, and that nothing went wrong on the way. */
function learn(editor) {
  return [
    [
      'the walkthrough leads through the extension',
      async () => {
        await editor.command('View: Close All Editors');
        await editor.command('Welcome: Open Walkthrough...');
        await editor.page
          .locator('.quick-input-list .monaco-list-row', { hasText: 'Get Started with DOTS' })
          .first()
          .click();
        await editor.page.getByText('Find the errors of a draft').first().waitFor();
        await editor.shot('walkthrough-dark');
        await editor.page.getByText('Send it to the mock orchestrator').first().click();
        await editor.page.getByText('Press "Send to mock" above').first().waitFor();
        await editor.shot('walkthrough-send-dark');
        await editor.openFile(faultyExample);
        await editor.page.locator('.squiggly-error').first().waitFor();
      },
    ],
    [
      'the Problems view lists the findings',
      async () => {
        await editor.command('View: Toggle Problems');
        await editor.page.locator('.markers-panel .monaco-list-row').first().waitFor();
        await editor.shot('findings-dark');
      },
    ],
    [
      'nothing failed, and no other server was asked',
      async () => {
        assert.equal(await editor.page.locator('.notification-toast').count(), 0);
        assert.deepEqual([...editor.strangers], []);
      },
    ],
  ];
}
