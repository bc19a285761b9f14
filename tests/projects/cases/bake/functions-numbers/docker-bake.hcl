target "default" {
  args = {
    A = max(1, 5, 3)
    B = min(4, 2)
    D = ceil(1.2)
    E = floor(1.8)
    F = parseint("ff", 16)
    G = signum(-4)
    H = pow(2, 10)
    I = log(8, 2)
    J = int(3.9)
    K = modulo(7, 3)
    L = divide(7, 2)
    M = add(1, 2) * 3
    N = 10 % 4
    O = 1e3
    P = absolute(-3)
    Q = negate(4)
    R = 0.1 + 0.2
    S = 7 / 2
    T = -2 * -3
    U = 1 + 2 * 3 - 4 / 2
    V = (1 + 2) * 3
    W = 5 >= 5 && 3 < 2 || true ? "y" : "n"
    X = !true ? "a" : 2 == 2.0 ? "b" : "c"
  }
}
