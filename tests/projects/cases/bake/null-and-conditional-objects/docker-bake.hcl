variable "X" { default = null }
variable "Y" { default = "" }
target "default" {
  target = X
  platforms = Y != "" ? [Y] : null
  args = { A = X, B = X == null ? "null" : "set", C = try(X.foo, "t"), D = can(regex("a", "b")) ? "1" : "0", E = coalesce(X, "", "c") }
}
