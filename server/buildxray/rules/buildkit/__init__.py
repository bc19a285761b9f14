"""What BuildKit itself says of a Dockerfile: its refusals and its checks."""
