"""Parse text into instructions with exact ranges, without knowledge of stages, platforms or editors."""
