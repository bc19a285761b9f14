target "web" {
  args = { A = "bake" }
  platforms = ["linux/arm64"]
}
target "extra" {}
