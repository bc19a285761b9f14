variable "STAGE" { default = null }
target "base" { target = "base" }
target "app" {
  inherits = ["base"]
  target = STAGE
  platforms = null
}
