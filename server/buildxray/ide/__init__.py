"""Features in the terms of editors: offsets, ranges, Markdown. Knows nothing of a protocol."""
