/** The manual pages of the rules, which are part of the extension. */

import * as vscode from "vscode";
import rules from "./rules.json";

/** The summary of a rule in the language of the editor. */
export function summary(rule: { readonly summary: Readonly<Record<string, string>> }, language: string): string {
  const [primary = "en"] = language.split("-");
  return rule.summary[primary] ?? rule.summary["en"] ?? "";
}

/** Let the user choose a rule, and show its page. */
export async function openRulePage(pages: vscode.Uri): Promise<void> {
  const items = rules.map((it) => ({ label: it.name, detail: summary(it, vscode.env.language) }));
  const placeHolder = vscode.l10n.t("The rule to read about");
  const chosen = await vscode.window.showQuickPick(items, { placeHolder, matchOnDetail: true });
  if (chosen === undefined) {
    return;
  }
  const page = vscode.Uri.joinPath(pages, `${chosen.label}.md`);
  try {
    await vscode.commands.executeCommand("markdown.showPreview", page);
  } catch {
    // Without the Markdown extension of the editor, the page is shown as text.
    await vscode.commands.executeCommand("vscode.open", page);
  }
}
