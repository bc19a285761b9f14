target "default" {
  args = {
    A = format("%s-%03d-%.2f-%t-%q", "x", 7, 1.5, true, "q")
    B = title("hello world")
    C = trimsuffix(trimprefix("v1.2.3-rc", "v"), "-rc")
    D = substr("abcdef", 1, 3)
    E = replace("a.b.c", ".", "-")
    F = regex_replace("a1b22", "[0-9]+", "#")
    G = upper(trimspace("  x "))
    H = join(",", split(".", "1.2.3"))
    I = indent(2, "a\nb")
    J = chomp("x\n")
    K = reverse("abc")
    L = base64encode("hi")
    M = sha256("x")
    N = urlencode("a b&c")
    O = jsondecode("{\"a\":[1,2]}").a[1]
    P = semvercmp("1.2.3", ">= 1.0.0") ? "y" : "n"
  }
}
