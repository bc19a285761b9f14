"""One documented function per finding; each reads the plan and yields findings with fixes."""
