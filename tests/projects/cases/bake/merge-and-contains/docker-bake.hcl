variable "X" { default = ["a", "b"] }
target "app" {
  args = merge({ A = "1", B = "2" }, contains(X, "a") ? { B = "3" } : {}, { C = length(X) })
}
