"""What the commands of a RUN do: compile, download, install, probe; one module per toolchain."""
