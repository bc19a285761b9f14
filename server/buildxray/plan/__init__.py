"""What BuildKit would do with a Dockerfile: the steps of a build, for all target platforms together."""
