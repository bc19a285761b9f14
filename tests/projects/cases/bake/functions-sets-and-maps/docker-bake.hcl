variable "L" { default = ["b", "a", "b"] }
target "default" {
  args = {
    A = join(",", sort(distinct(L)))
    B = join(",", keys({z = 1, a = 2}))
    C = join(",", values({z = 1, a = 2}))
    D = jsonencode(merge({a = 1}, {b = [true, null]}))
    E = lookup({a = "x"}, "b", "dflt")
    F = join(",", setunion(["a"], ["b", "a"]))
    G = join(",", [for k, v in {x = "1", y = "2"} : "${k}=${v}"])
    H = jsonencode(zipmap(["a", "b"], [1, 2]))
    I = join("|", chunklist(["a", "b", "c"], 2)[0])
    J = element(["a", "b", "c"], 4)
    K = strlen("héé")
    L = jsonencode([for p in setproduct(["a", "b"], ["1"]) : join("-", p)])
    M = join(",", flatten([["a"], [["b"]], "c"]))
    N = join(",", compact(["a", "", "b"]))
    O = contains(L, "a") ? index(["q", "a"], 1) : "no"
    P = jsonencode({for s in L : upper(s) => s...})
    Q = join(",", slice(["a", "b", "c"], 1, 3))
    R = length(L)
    S = join(",", reverselist(["a", "b"]))
    T = join(",", setsubtract(["a", "b"], ["b"]))
    U = jsonencode(range(1, 4))
    V = join(",", [for i, v in ["x", "y"] : format("%d%s", i, v) if v != "x"])
    W = hasindex(["a"], 0) ? "has" : "not"
  }
}
