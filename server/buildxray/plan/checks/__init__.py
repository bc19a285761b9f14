"""An imitation of BuildKit's linter: the warnings of `docker build --check`, each with the token that causes it."""
