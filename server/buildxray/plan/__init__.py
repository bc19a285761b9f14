"""Compute the steps that BuildKit would execute for a Dockerfile, for all target platforms together."""
