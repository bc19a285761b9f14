group "default" { targets = ["a", "b"] }
target "a" { platforms = ["linux/amd64"] }
target "b" { dockerfile = "b.Dockerfile" }
