target "app" {
  args = { A = "hcl" }
  platforms = ["linux/amd64"]
}
