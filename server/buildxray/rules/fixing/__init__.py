"""How fixes edit a Dockerfile, what they prove, and what is advised where no edit can help."""
