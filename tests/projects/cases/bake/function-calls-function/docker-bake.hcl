function "arch" {
  params = [p]
  result = split("/", p)[1]
}
function "tag" {
  params = [p]
  result = format("%s-%s", arch(p), PREFIX)
}
variable "PREFIX" { default = "x" }
target "app" { args = { T = tag("linux/arm64") } }
