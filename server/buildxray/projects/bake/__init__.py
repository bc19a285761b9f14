"""Bake files: which targets they declare, and what each of them builds.

Source: github.com/docker/buildx, bake/bake.go and bake/hclparser (at commit 461836b).
"""
