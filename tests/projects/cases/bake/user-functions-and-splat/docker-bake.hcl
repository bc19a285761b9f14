variable "ITEMS" { default = [{ n = "a", p = ["x"] }, { n = "b", p = [] }] }
function "tag" {
  params = [name]
  variadic_params = rest
  result = length(rest) > 0 ? "${name}:${join("-", rest)}" : "${name}:latest"
}
function "both" {
  params = [x]
  result = [tag(x), tag(x, "1", "2")]
}
target "default" {
  args = {
    A = tag("x")
    B = join(" ", both("y"))
    C = join(",", ITEMS[*].n)
    D = join(",", ITEMS.*.n)
    E = length(ITEMS[1].p) == 0 ? "empty" : ITEMS[1].p[0]
    F = join(",", concat([for i in ITEMS : i.p]...))
  }
}
