"""Rules about the place in which a platform argument is declared, and its value."""
