import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { server } from '../support/lspClient';
import { removeFolder } from '../support/removeFolder';
import { root } from '../support/shared';
import { needTool } from '../support/tools';

const text = `{
  "ietf-dots-signal-channel:mitigation-scope": {
    "scope": [{ "target-prefix": ["192.0.2.7/24"],
      "target-protocol": [17],   "lifetime": 3600 }]
  }
}
`;

/** Asks the server as an editor does, and writes what the editor shows. The caret is at the protocol. */
const script = `
local function ask(method, more)
  local params = vim.tbl_extend('force', vim.lsp.util.make_position_params(0, 'utf-16'), more or {})
  local answers = vim.lsp.buf_request_sync(0, method, params, 60000) or {}
  for _, answer in pairs(answers) do return answer.result end
end
vim.wait(60000, function() return #vim.diagnostic.get(0) > 0 end, 10)
vim.api.nvim_win_set_cursor(0, { 4, 27 })
local found = vim.tbl_map(function(each) return each.code end, vim.diagnostic.get(0))
local actions = ask('textDocument/codeAction', {
  range = { start = { line = 0, character = 0 }, ['end'] = { line = 6, character = 0 } },
  context = { diagnostics = {}, only = { 'source.fixAll' } },
})
local edits = ask('textDocument/formatting', { options = { tabSize = 2, insertSpaces = true } })
local hover = ask('textDocument/hover').contents.value
local symbols = ask('textDocument/documentSymbol')
vim.lsp.util.apply_workspace_edit(actions[1].edit, 'utf-16')
local fixed = vim.api.nvim_buf_get_lines(0, 2, 3, false)[1]
vim.cmd('edit!')
vim.lsp.util.apply_text_edits(edits, 0, 'utf-16')
io.stdout:write(vim.json.encode({
  filetype = vim.bo.filetype,
  found = found,
  hover = hover,
  symbols = #symbols,
  fixed = fixed,
  formatted = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\\n'),
}))
vim.cmd('qall!')
`;

test('the recipe for Neovim: findings, hover, outline, Fix all and formatting', (t) => {
  if (!needTool(t, 'nvim', 'neovim')) return;
  const folder = mkdtempSync(join(tmpdir(), 'dots-neovim-'));
  t.after(() => removeFolder(folder));
  const recipe = /```lua\n([^]*?)```/.exec(readFileSync(join(root, 'README.md'), 'utf8'))?.[1] ?? '';
  writeFileSync(join(folder, 'init.lua'), recipe.replace('/path/to/dots-workbench/dist/server.js', server));
  writeFileSync(join(folder, 'try.lua'), script);
  writeFileSync(join(folder, 'request.dots.json'), text);
  const homes = Object.fromEntries(
    ['HOME', 'XDG_STATE_HOME', 'XDG_DATA_HOME', 'XDG_CONFIG_HOME', 'XDG_CACHE_HOME'].map((name) => [name, folder]),
  );
  const args = ['--headless', '-n', '-i', 'NONE', '-u', 'init.lua', 'request.dots.json', '-c', 'luafile try.lua'];
  const run = spawnSync('nvim', args, { cwd: folder, env: { ...process.env, ...homes }, encoding: 'utf8' });
  assert.equal(run.status, 0, run.stderr);
  const shown = JSON.parse(run.stdout) as Record<string, unknown>;
  assert.equal(shown.filetype, 'dots');
  assert.deepEqual(shown.found, ['advice/host-bits']);
  assert.match(String(shown.hover), /^UDP\./);
  assert.equal(shown.symbols, 1);
  assert.match(String(shown.fixed), /"192\.0\.2\.0\/24"/);
  assert.match(String(shown.formatted), /\n {4}"scope": \[\{ "target-prefix": \[.*\], "target-protocol": \[17\], /);
});
