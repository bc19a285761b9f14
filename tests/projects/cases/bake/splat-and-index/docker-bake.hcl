variable "IMGS" { default = [{ n = "x", p = "linux/amd64" }, { n = "y", p = "linux/arm64" }] }
target "app" {
  platforms = IMGS[*].p
  args = { FIRST = IMGS[0].n, SECOND = IMGS.1.n }
}
