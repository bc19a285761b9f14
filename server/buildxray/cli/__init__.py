"""The command line: the same features, printed. Starts without the language server's libraries."""
