"""The picture of a plan: its data, its drawing, and the page around it."""
