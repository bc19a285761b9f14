variable "V" { default = "" }
variable "M" { default = { a = "1" } }
target "app" {
  args = {
    A = try(M.b, "fallback")
    B = lookup(M, "z", "none")
    C = can(M.a) ? "has" : "not"
    D = V != "" ? V : "empty"
    E = coalesce("", "x")
  }
}
