/** The scopes of settings, as the editor names them. */

import * as vscode from "vscode";
import type { Target } from "./platformChoices";

export const settingTargets: Record<Target, vscode.ConfigurationTarget> = {
  global: vscode.ConfigurationTarget.Global,
  workspace: vscode.ConfigurationTarget.Workspace,
  workspaceFolder: vscode.ConfigurationTarget.WorkspaceFolder,
};
