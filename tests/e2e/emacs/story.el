;;; The main job in a real Emacs, set up by the file that docs/editors gives to people.  -*- lexical-binding: t; -*-

(require 'cl-lib)
(require 'eglot)
(require 'ert)
(require 'flymake)

(defconst patience 30 "Seconds.")
(defconst root (locate-dominating-file load-file-name "pyproject.toml"))
(defconst greet (expand-file-name "examples/greet" root))
(defconst set-up (expand-file-name "docs/editors/emacs.el" root))

(defun until (condition)
  "Wait until CONDITION holds; give what it gives."
  (let ((deadline (+ (float-time) patience))
        value)
    (while (not (setq value (funcall condition)))
      (when (> (float-time) deadline)
        (ert-fail "waited in vain"))
      (accept-process-output nil 0.05)
      ;; In batch nobody is ever idle.
      (mapc #'timer-event-handler (copy-sequence timer-idle-list)))
    value))

(defun example (name)
  "The text of a file of the example."
  (with-temp-buffer
    (insert-file-contents (expand-file-name name greet))
    (buffer-string)))

(defun set-up-with-platforms ()
  "Evaluate the file with the platforms of its example."
  (with-temp-buffer
    (insert-file-contents set-up)
    (search-forward ";; :initializationOptions")
    (replace-match ":initializationOptions")
    (eval-buffer)))

(defun documentation-shown ()
  "The text of the documentation; empty as long as none was asked for."
  (let ((buffer (cl-find "*eldoc" (buffer-list) :key #'buffer-name :test #'string-search)))
    (if buffer (with-current-buffer buffer (buffer-string)) "")))

(defmacro in-dockerfile (&rest body)
  "Visit a copy of the example, wait for what Flymake finds, and do BODY."
  `(let* ((directory (make-temp-file "buildxray" t))
          (copy (expand-file-name "greet" directory)))
     (copy-directory greet copy)
     ;; What is emulated does not depend on the machine of the test.
     (write-region "buildPlatform = \"linux/amd64\"\n" nil (expand-file-name "buildxray.toml" copy) nil 'silent)
     (with-current-buffer (find-file-noselect (expand-file-name "Dockerfile" copy))
       (unwind-protect
           (progn
             ;; Eglot starts after a command and Flymake in a window; in batch there is neither.
             (run-hooks 'post-command-hook)
             (until #'eglot-current-server)
             (flymake-start)
             (until #'flymake-diagnostics)
             ,@body)
         (eglot-shutdown (eglot-current-server))
         (set-buffer-modified-p nil)
         (kill-buffer)
         (delete-directory directory t)))))

(ert-deftest the-file-as-it-is ()
  (load set-up nil t)
  (in-dockerfile
   (should (equal (mapcar #'flymake-diagnostic-type (flymake-diagnostics)) '(eglot-note)))))

(ert-deftest an-emulated-compiler-is-found-and-made-native ()
  (set-up-with-platforms)
  (in-dockerfile
   (let ((finding (car (flymake-diagnostics))))
     (should (equal (flymake-diagnostic-type finding) 'eglot-warning))
     (should (string-search "`go build` runs under emulation for linux/arm64" (flymake-diagnostic-text finding)))
     (goto-char (flymake-diagnostic-beg finding))
     (should (looking-at-p "golang:1.26-alpine")))
   (cl-letf (((symbol-function 'completing-read) (lambda (_ titles &rest _)
                                                 (try-completion "Cross-compile this stage" titles)))
             ;; A key, not a mouse.
             (last-nonmenu-event ?\r))
     (call-interactively #'eglot-code-actions))
   (should (equal (buffer-string) (example "Dockerfile.cross")))
   (until (lambda () (null (flymake-diagnostics))))))

(ert-deftest hover-shows-the-table ()
  (set-up-with-platforms)
  (in-dockerfile
   (insert "ARG TARGETARCH\n")
   (search-backward "ARCH")
   ;; ElDoc shows the signature of ARG first, so the hover is asked for by itself.
   (eglot--signal-textDocument/didChange)
   (let* ((hover (jsonrpc-request (eglot--current-server-or-lose) :textDocument/hover
                                  (eglot--TextDocumentPositionParams)))
          (text (plist-get (plist-get hover :contents) :value)))
     (should (string-search "the architecture that is built for" text))
     (should (string-match-p "linux/arm64.*arm64" text)))))

(ert-deftest an-instruction-is-completed-and-explained ()
  (set-up-with-platforms)
  (in-dockerfile
   (goto-char (point-max))
   (insert "HEALTHC")
   (completion-at-point)
   (should (string-search "HEALTHCHECK" (buffer-string)))
   (search-backward "HEALTHCHECK")
   (eldoc-print-current-symbol-info t)
   (until (lambda () (string-search "still works" (documentation-shown))))))

(ert-deftest the-document-is-formatted ()
  (set-up-with-platforms)
  (in-dockerfile
   (let ((tidy (buffer-string)))
     (goto-char (point-min))
     (insert "  ")
     (eglot-format-buffer)
     (should (equal (buffer-string) tidy)))))

(ert-deftest a-build-error-is-found ()
  (set-up-with-platforms)
  (in-dockerfile
   (goto-char (point-max))
   (insert "RUNN make\n")
   (until (lambda () (seq-find (lambda (it) (equal (flymake-diagnostic-type it) 'eglot-error)) (flymake-diagnostics))))))

(ert-deftest the-argument-that-comes-next-is-shown ()
  (set-up-with-platforms)
  (in-dockerfile
   (search-forward "FROM ")
   (let* ((help (jsonrpc-request (eglot--current-server-or-lose) :textDocument/signatureHelp
                                 (eglot--TextDocumentPositionParams)))
          (first (aref (plist-get help :signatures) 0)))
     (should (string-prefix-p "FROM [--platform=platform] image[:tag]" (plist-get first :label))))))

(ert-deftest a-build-error-is-repaired ()
  (set-up-with-platforms)
  (in-dockerfile
   (goto-char (point-max))
   (insert "RUNN make\n")
   (until (lambda () (seq-find (lambda (it) (equal (flymake-diagnostic-type it) 'eglot-error)) (flymake-diagnostics))))
   (search-backward "RUNN")
   (cl-letf (((symbol-function 'completing-read) (lambda (_ titles &rest _) (try-completion "Write `RUN`" titles)))
             (last-nonmenu-event ?\r))
     (call-interactively #'eglot-code-actions))
   (should (string-suffix-p "\nRUN make\n" (buffer-string)))))

(ert-deftest a-stage-is-renamed ()
  (set-up-with-platforms)
  (in-dockerfile
   (search-forward "AS ")
   (eglot-rename "compile")
   (should (equal (buffer-string)
                  (string-replace "--from=build" "--from=compile"
                                  (string-replace "AS build" "AS compile" (example "Dockerfile")))))))
