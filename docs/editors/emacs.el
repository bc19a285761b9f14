;;; Emacs 29 or later, or Emacs 28 with the packages eglot and dockerfile-mode: in init.el.  -*- lexical-binding: t; -*-

(with-eval-after-load 'eglot
  (add-to-list 'eglot-server-programs
               '((dockerfile-mode dockerfile-ts-mode)
                 "buildxray" "lsp"
                 ;; Eglot starts one server for a mode: this one completes, documents and formats too.
                 ;; :initializationOptions (:platforms ["linux/amd64" "linux/arm64"])
                 )))

;; Bake files too, with a mode for HCL; Eglot starts one server for a mode, so that YAML is left to another one.
;; (add-to-list 'eglot-server-programs '(hcl-mode "buildxray" "lsp"))

(add-hook 'dockerfile-mode-hook #'eglot-ensure)
(add-hook 'dockerfile-ts-mode-hook #'eglot-ensure)
