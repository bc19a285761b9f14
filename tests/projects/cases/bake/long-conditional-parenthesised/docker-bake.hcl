variable "MODE" { default = "rel" }
target "app" {
  platforms = (
    MODE == "dev"
    ? ["local"]
    : MODE == "rel"
      ? ["linux/amd64", "linux/arm64"]
      : []
  )
}
