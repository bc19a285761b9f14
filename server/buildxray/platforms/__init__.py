"""Platforms as BuildKit writes them, and the arguments that it derives from them."""
