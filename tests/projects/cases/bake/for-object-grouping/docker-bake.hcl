variable "L" { default = ["linux/amd64", "linux/arm64", "windows/amd64"] }
target "app" {
  platforms = { for p in L : split("/", p)[0] => p... }["linux"]
}
