target "a" {
  args = { V = "1" }
  platforms = ["linux/amd64", "linux/arm64"]
}
target "b" {
  args = { V = target.a.args.V }
  platforms = target.a.platforms
}
