target "app" {
  args = {
    A = title("hello world")
    B = trimsuffix("v1.2-rc", "-rc")
    C = regex_replace("v1.2.3", "^v([0-9]+)\\..*", "$1")
    D = join("-", regex("([0-9]+)\\.([0-9]+)", "go 1.22"))
    E = format("%05.1f|%-4s|%q|%d|%x", 3.14159, "ab", "q", 42, 255)
    F = substr("abcdef", 2, 3)
    G = strlen("héé")
    H = indent(2, "a\nb")
    I = chomp("a\n\n")
    J = sanitize("a/b:c")
    K = base64encode("hi")
    L = md5("x")
    M = sha256("x")
    N = jsonencode({ b = [1, true, null], a = "<x>" })
    O = join(",", formatlist("linux/%s", ["a", "b"]))
    P = parseint("ff", 16)
  }
}
