-- Neovim 0.7 to 0.10: in init.lua. Later versions need less: neovim.lua.
local client

vim.api.nvim_create_autocmd("FileType", {
  pattern = "dockerfile",
  callback = function(event)
    client = client
      or vim.lsp.start_client({
        name = "buildxray",
        cmd = { "buildxray", "lsp" },
        root_dir = vim.fn.getcwd(),
        init_options = {
          -- platforms = { "linux/amd64", "linux/arm64" },
        },
        on_exit = function()
          client = nil
        end,
      })
    vim.lsp.buf_attach_client(event.buf, client)
    -- The keys that Neovim 0.11 has from the start.
    vim.keymap.set("n", "K", vim.lsp.buf.hover, { buffer = event.buf })
    vim.keymap.set("n", "gra", vim.lsp.buf.code_action, { buffer = event.buf })
    vim.keymap.set("n", "grn", vim.lsp.buf.rename, { buffer = event.buf })
  end,
})
