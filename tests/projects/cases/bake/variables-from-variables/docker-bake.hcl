variable "MAJOR" { default = "1" }
variable "VERSION" { default = "${MAJOR}.2" }
variable "PLATFORMS" {
  type = list(string)
  default = ["linux/amd64", "linux/arm64"]
}
variable "OPT" {
  type = bool
  default = false
}
variable "MAP" {
  type = map(string)
  default = { a = "x" }
}
target "_common" {
  args = { V = VERSION, M = MAP.a, O = OPT }
  platforms = OPT ? ["linux/s390x"] : PLATFORMS
}
target "default" { 
  inherits = ["_common"]
  name = "app-${replace(v, ".", "-")}"
  matrix = { v = ["1.0", "2.0"] }
  args = { W = v }
}
