target "meta" { args = { M = "1" } }
target "cross" { platforms = ["linux/amd64", "linux/arm64"] }
target "rel" {
  inherits = [
    "meta",
    "cross",
  ]
  args = { M = "2", N = "3" }
}
target "cross2" { inherits = ["rel"] }
