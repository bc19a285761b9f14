# one
// two
/* three
target "not" {} */
target "app" { # after
  platforms = [ // in a list
    "linux/amd64", # first
    /* mid */ "linux/arm64",
  ]
}
