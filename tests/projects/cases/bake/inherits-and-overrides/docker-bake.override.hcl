target "base" { args = { A = "over" } }
target "child" { platforms = ["linux/amd64", "linux/arm64"] }
group "default" { targets = ["child"] }
