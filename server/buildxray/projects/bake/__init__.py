"""Bake files: the targets that they declare, and what each target builds.

Source: github.com/docker/buildx, bake/bake.go and bake/hclparser (at commit 461836b).
"""
