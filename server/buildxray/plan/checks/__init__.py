"""An imitation of BuildKit's linter: what `docker build --check` warns of, each at the token that causes it."""
