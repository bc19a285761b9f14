archs = ["amd64", "arm64"]
plats = formatlist("linux/%s", archs)
target "app" { platforms = plats }
