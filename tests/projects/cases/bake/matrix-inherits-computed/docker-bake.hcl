target "_a" { args = { FROM_A = "1" } }
target "_b" { platforms = ["linux/arm64"] }
target "app" {
  name = "app-${it}"
  matrix = { it = ["a", "b"] }
  inherits = ["_${it}"]
}
