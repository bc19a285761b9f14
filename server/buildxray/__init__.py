"""buildxray shows how BuildKit builds a Dockerfile for several platforms."""

__version__ = "0.1.0"
