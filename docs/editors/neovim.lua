-- Neovim 0.11 or later: in init.lua.
vim.lsp.config("buildxray", {
  cmd = { "buildxray", "lsp" },
  filetypes = { "dockerfile" },
  root_markers = { ".git" },
  settings = {
    buildxray = {
      -- platforms = { "linux/amd64", "linux/arm64" },
    },
  },
})
vim.lsp.enable("buildxray")

-- What each RUN costs, behind it, and each stage, above it: Neovim shows neither unless asked to.
vim.lsp.inlay_hint.enable()
vim.api.nvim_create_autocmd({ "LspAttach", "BufEnter", "InsertLeave", "TextChanged" }, {
  pattern = { "*ockerfile*", "*ontainerfile*" },
  callback = function(event)
    vim.lsp.codelens.refresh({ bufnr = event.buf })
  end,
})
