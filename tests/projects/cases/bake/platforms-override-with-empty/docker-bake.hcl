target "base" { platforms = ["linux/arm64"] }
target "app" {
  inherits = ["base"]
  platforms = []
}
