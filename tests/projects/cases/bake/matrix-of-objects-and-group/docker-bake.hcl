group "default" { targets = ["img", "extra"] }
target "extra" { contexts = { base = "target:img-a" } }
target "img" {
  name = "img-${item.n}"
  matrix = { item = [{ n = "a", p = ["linux/amd64"] }, { n = "b", p = ["linux/arm64", "linux/riscv64"] }] }
  platforms = item.p
  dockerfile = "${item.n}.Dockerfile"
  contexts = item.n == "b" ? { src = "../x" } : {}
}
