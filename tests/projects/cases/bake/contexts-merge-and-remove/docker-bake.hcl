target "base" { contexts = { a = "./a", b = "./b" } }
target "app" {
  inherits = ["base"]
  contexts = { b = "docker-image://busybox", c = "./c" }
}
