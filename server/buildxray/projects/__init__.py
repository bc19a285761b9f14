"""Find the Dockerfiles of a project, and the builds that its files declare."""
