target "app" {
  args = {
    A = "a\tb\"c\\d"
    B = "$${NOT} %%{if}"
    C = "\u00e9\U0001F600"
    "quoted-key" = "x"
    (upper("computed")) = "y"
  }
}
