"""Rules about habits that make multi-platform builds slow."""
