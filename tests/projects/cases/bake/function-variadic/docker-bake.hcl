function "plats" {
  params = [first]
  variadic_params = rest
  result = concat([first], rest)
}
target "app" { platforms = plats("linux/amd64", "linux/arm64", "linux/riscv64") }
target "one" { platforms = plats("linux/amd64") }
