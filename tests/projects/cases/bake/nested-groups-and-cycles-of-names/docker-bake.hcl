group "default" { targets = ["all"] }
group "all" { targets = ["images", "tools"] }
group "images" { targets = ["web"] }
target "web" { context = "web" }
target "tools" { context = "tools" }
target "lint" { call = "check" }
