variable "P" { default = "linux/amd64" }
target "app" { platforms = split(",", P) }
