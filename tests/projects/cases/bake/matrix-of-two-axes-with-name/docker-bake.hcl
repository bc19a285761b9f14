target "app" {
  name = "app-${os}-${replace(v, ".", "-")}"
  matrix = {
    os = ["alpine", "debian"]
    v = ["1.20", "1.21"]
  }
  dockerfile = "${os}.Dockerfile"
  args = { GO = v }
  platforms = os == "alpine" ? ["linux/amd64", "linux/arm64"] : ["linux/amd64"]
}
group "default" { targets = ["app"] }
