"""Facts about a build that several rules need and that are not of the language: what is intended, portable, downloaded, undeclared."""
