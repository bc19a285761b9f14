group "default" { targets = ["b"] }
target "b" { platforms = ["linux/arm64", "linux/amd64"] }
