target "app" {
  context = "src"
  dockerfile = "../docker/Dockerfile"
}
target "cwd" {
  context = "src"
  dockerfile = "cwd://x.Dockerfile"
}
