target "app" {
  args = {
    A = semvercmp("1.2.3", ">= 1.0.0")
    B = semvercmp("2.0.0", "~1.2")
  }
}
