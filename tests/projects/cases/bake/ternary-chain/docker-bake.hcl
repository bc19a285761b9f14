variable "V" { default = "b" }
function "f" {
  params = [x]
  result = (x == "a" ? ["linux/amd64"]
    # comment
    : x == "b" ? ["linux/amd64", "linux/arm64"]
    : x == "c" ? [] : ["linux/s390x"])
}
target "a" { platforms = f("a") }
target "b" { platforms = f("b") }
target "c" { platforms = f("c") }
target "d" { 
  platforms = f("d")
  args = {
    A = V == "b" ? V == "c" ? "1" : "2" : V == "d" ? "3" : "4"
    B = V == "z" ? "1" : V == "b" && true ? "2" : !false ? "3" : "4"
    C = (V == "b" ? false : true) ? "x" : "y"
    D = V == "z" ? "1" : (V == "q" ? true : false) ? "3" : "4"
    E = V == "b" ? "1" : V == "c" ? "2" : "3"
  }
}
