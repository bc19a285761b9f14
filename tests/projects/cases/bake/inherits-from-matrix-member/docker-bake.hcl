target "base" {
  name = "base-${x}"
  matrix = { x = ["one", "two"] }
  args = { X = x }
  platforms = ["linux/${x == "one" ? "amd64" : "arm64"}"]
}
target "app" {
  inherits = ["base-two"]
  target = "app"
}
