-- Neovim 0.11 or later: in init.lua.
vim.lsp.config("buildxray", {
  cmd = { "buildxray", "lsp" },
  -- The others are for Bake files, Compose files and workflows; buildxray leaves all other files of these kinds alone.
  filetypes = { "dockerfile", "hcl", "json", "yaml", "yaml.docker-compose", "yaml.github" },
  root_markers = { ".git" },
  -- Neovim 0.11 does not request lenses again when a server asks for it, as buildxray does after it has read a build log.
  capabilities = { workspace = { codeLens = { refreshSupport = true } } },
  handlers = {
    ["workspace/codeLens/refresh"] = function(_, _, context)
      for _, buffer in ipairs(vim.lsp.get_buffers_by_client_id(context.client_id)) do
        vim.lsp.codelens.refresh({ bufnr = buffer })
      end
      return vim.NIL
    end,
  },
  settings = {
    buildxray = {
      -- platforms = { "linux/amd64", "linux/arm64" },
      -- Beside docker-langserver, so that nothing comes twice:
      -- navigation = false,
      -- general = false,
    },
  },
})
vim.lsp.enable("buildxray")

-- What each RUN costs, at its end, and each stage, above it: Neovim shows neither unless asked to.
vim.api.nvim_create_autocmd("LspAttach", {
  callback = function(event)
    local client = vim.lsp.get_client_by_id(event.data.client_id)
    if not client or client.name ~= "buildxray" then
      return
    end
    vim.lsp.inlay_hint.enable(true, { bufnr = event.buf })
    vim.lsp.codelens.refresh({ bufnr = event.buf })
    vim.api.nvim_create_autocmd({ "BufEnter", "InsertLeave", "TextChanged" }, {
      buffer = event.buf,
      callback = function()
        vim.lsp.codelens.refresh({ bufnr = event.buf })
      end,
    })
  end,
})

-- The text of a finding below its line; Neovim only marks the place unless asked to. This is for all languages.
-- vim.diagnostic.config({ virtual_lines = { current_line = true } })
