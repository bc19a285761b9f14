target "base" {
  context = "app"
  dockerfile = "a.Dockerfile"
  args = { A = "1", B = "2" }
  platforms = ["linux/amd64"]
  contexts = { src = "./src", img = "docker-image://alpine:3" }
}
target "mixin" { 
  platforms = ["linux/arm64"]
  args = { B = null }
}
target "child" {
  inherits = ["base", "mixin"]
  args = { C = "3" }
  contexts = { src = "target:base" }
  target = "prod"
}
