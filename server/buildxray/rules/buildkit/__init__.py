"""The errors and the checks of BuildKit itself."""
