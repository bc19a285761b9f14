"""Build logs: read, matched to the plan, and used to predict the savings of a changed Dockerfile."""
