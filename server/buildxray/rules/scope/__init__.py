"""Rules about where a platform argument is declared, and what it holds."""
