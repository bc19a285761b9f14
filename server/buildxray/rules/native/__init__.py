"""Rules about which machine runs a step."""
