variable "VERSIONS" { default = { go = "1.22", node = "20" } }
target "app" {
  args = { for k, v in VERSIONS : upper("${k}_version") => v if k != "none" }
  platforms = [for a in ["amd64", "arm64", "s390x"] : "linux/${a}" if a != "s390x"]
}
