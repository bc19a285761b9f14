/** The quick pick that changes the current platforms. */

import * as vscode from "vscode";
import { platformChoices, removedFrom, writtenTo } from "./platformChoices";
import type { DocumentStatus } from "./server";
import { settingTargets } from "./settingTargets";

/** Let the user choose, and write the setting; without a choice, the project decides. */
export async function selectPlatforms(uri: vscode.Uri | undefined, status: DocumentStatus | undefined): Promise<void> {
  const chosen = await pick(status?.targetPlatforms ?? [], status?.origin ?? undefined);
  if (chosen === undefined) {
    return;
  }
  const folder = uri === undefined ? undefined : vscode.workspace.getWorkspaceFolder(uri);
  const configuration = vscode.workspace.getConfiguration("buildxray", uri);
  const values = configuration.inspect("platforms") ?? {};
  if (chosen.length === 0) {
    for (const target of removedFrom(values)) {
      await configuration.update("platforms", undefined, settingTargets[target]);
    }
  } else {
    const folders = folder === undefined ? 0 : (vscode.workspace.workspaceFolders?.length ?? 0);
    await configuration.update("platforms", chosen, settingTargets[writtenTo(values, folders)]);
  }
}

async function pick(inForce: readonly string[], origin: string | undefined): Promise<string[] | undefined> {
  const known = new Map<string, vscode.QuickPickItem>();
  const items = (typed: string): vscode.QuickPickItem[] =>
    platformChoices(inForce, typed).map((label) => {
      const description = inForce.includes(label) ? (origin ?? vscode.l10n.t("default")) : "";
      const item = known.get(label) ?? { label, description };
      known.set(label, item);
      return item;
    });
  const reset = { iconPath: new vscode.ThemeIcon("discard"), tooltip: vscode.l10n.t("Use the platforms of the project") };
  const box = vscode.window.createQuickPick();
  box.title = vscode.l10n.t("Platforms that the image is built for");
  box.placeholder = vscode.l10n.t("Choose, or type another one; none: those of the project");
  box.canSelectMany = true;
  box.buttons = [reset];
  box.items = items("");
  box.selectedItems = box.items.filter((it) => inForce.includes(it.label));
  return new Promise((resolve) => {
    box.onDidChangeValue((typed) => {
      const selected = box.selectedItems;
      box.items = [...new Set([...items(typed), ...selected])];
      box.selectedItems = selected;
    });
    box.onDidTriggerButton(() => { resolve([]); box.hide(); });
    box.onDidAccept(() => { resolve(box.selectedItems.map((it) => it.label)); box.hide(); });
    box.onDidHide(() => { resolve(undefined); box.dispose(); });
    box.show();
  });
}
