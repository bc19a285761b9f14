"""The plan as a picture: its data, its drawing, and a page that holds it."""
