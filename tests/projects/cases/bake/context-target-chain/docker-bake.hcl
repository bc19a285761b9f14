group "default" { targets = ["app"] }
target "base" { dockerfile = "base.Dockerfile" }
target "mid" {
  dockerfile = "mid.Dockerfile"
  contexts = { base = "target:base" }
}
target "app" {
  contexts = { mid = "target:mid", alpine = "docker-image://alpine:3.20" }
}
target "other" {}
