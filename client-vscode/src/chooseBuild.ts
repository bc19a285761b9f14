/** The quick pick that chooses which build of a Dockerfile is shown and checked. */

import * as vscode from "vscode";
import { buildChoices, isAutomatic } from "./buildChoices";
import { removedFrom, writtenTo } from "./platformChoices";
import type { DocumentStatus } from "./server";
import { settingTargets } from "./settingTargets";

interface Choice extends vscode.QuickPickItem {
  /** The new value of the setting; undefined if the server chooses. */
  readonly value: string | undefined;
}

/** Let the user choose, and write the setting; *Automatic* removes it. */
export async function chooseBuild(uri: vscode.Uri | undefined, status: DocumentStatus | undefined): Promise<void> {
  const builds = status === undefined ? [] : buildChoices(status);
  if (builds.length === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t("No file of this project declares a build of this Dockerfile."));
    return;
  }
  const configuration = vscode.workspace.getConfiguration("buildxray", uri);
  const isChosen = !isAutomatic(configuration.get("build"));
  const marked = (label: string, isMarked: boolean): string => (isMarked ? `$(check) ${label}` : label);
  const automatic: Choice = {
    label: marked(vscode.l10n.t("Automatic"), !isChosen),
    description: vscode.l10n.t("all builds are checked"),
    value: undefined,
  };
  const listed = builds.map(({ build, value, place, isShown }): Choice => ({
    label: marked(build.name, isChosen && isShown),
    description: build.platforms.join(", "),
    detail: place,
    value,
  }));
  const placeHolder = vscode.l10n.t("The build that this Dockerfile is shown and checked for");
  const chosen = await vscode.window.showQuickPick([automatic, ...listed], { placeHolder, matchOnDescription: true, matchOnDetail: true });
  if (chosen !== undefined) {
    await write(configuration, uri, chosen.value);
  }
}

async function write(configuration: vscode.WorkspaceConfiguration, uri: vscode.Uri | undefined, value: string | undefined): Promise<void> {
  const values = configuration.inspect("build") ?? {};
  if (value === undefined) {
    for (const target of removedFrom(values)) {
      await configuration.update("build", undefined, settingTargets[target]);
    }
    return;
  }
  const folder = uri === undefined ? undefined : vscode.workspace.getWorkspaceFolder(uri);
  const folders = folder === undefined ? 0 : (vscode.workspace.workspaceFolders?.length ?? 0);
  await configuration.update("build", value, settingTargets[writtenTo(values, folders)]);
}
