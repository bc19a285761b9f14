"""Text to instructions with exact ranges; knows nothing of stages, platforms or editors."""
