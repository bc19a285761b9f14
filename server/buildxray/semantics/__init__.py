"""The plan as objects: stages, instructions, commands and what reaches the image; the layer that rules and features read."""
