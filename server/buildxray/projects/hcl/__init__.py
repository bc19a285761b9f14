"""HCL, the configuration language of Bake files: its syntax, its values and their evaluation.

It does not know targets and groups. Source: github.com/hashicorp/hcl, hclsyntax/spec.md; github.com/zclconf/go-cty.
"""
