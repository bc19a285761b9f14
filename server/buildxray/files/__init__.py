"""The only place that opens files: bounded reading and atomic writing."""
