variable "P" { default = "linux/amd64,linux/arm64" }
