"""What the files around a Dockerfile say: who builds it for which platforms, settings, sources. All read as text."""
