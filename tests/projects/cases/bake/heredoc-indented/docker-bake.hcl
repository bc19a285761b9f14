target "app" {
  args = {
    TEXT = <<-EOT
      one
        two
      three
    EOT
    PLAIN = <<EOT
  keep
EOT
  }
}
