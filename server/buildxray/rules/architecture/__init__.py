"""Rules about files of the wrong architecture."""
