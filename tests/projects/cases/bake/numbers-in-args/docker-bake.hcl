target "app" {
  args = {
    A = 1.50
    B = 1e3
    C = 10 / 4
    D = 7 % 3
    E = -3
    F = 100000000000000000000
    G = true && !false
    H = 0.1 + 0.2
  }
}
