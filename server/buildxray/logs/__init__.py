"""Build logs: what BuildKit wrote of a build, matched to the plan, and what a change of the Dockerfile would save."""
