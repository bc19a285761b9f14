variable "ON" { default = true }
target "default" {
  args = {
    A = <<-EOT
      line ${ON ? "one" : "two"}
        two
    EOT
    B = "%{ if ON }x%{ else }y%{ endif }%{ for i, v in ["a", "b"] }${i}${v};%{ endfor }"
    C = "$${not} %%{not}"
  }
}
