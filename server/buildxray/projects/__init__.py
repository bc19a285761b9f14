"""Which Dockerfiles a project has, and which builds its files ask for."""
