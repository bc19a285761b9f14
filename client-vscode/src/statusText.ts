/** What the language status says. */

import { l10n } from "vscode";
import type { DocumentStatus, State } from "./server";

export interface StatusText {
  readonly text: string;
  readonly detail: string;
  readonly command: { readonly title: string; readonly command: string };
  readonly isBusy: boolean;
  readonly isError: boolean;
}

export function statusText(state: State, status: DocumentStatus | undefined): StatusText {
  const isBusy = state.kind === "starting";
  if (state.kind === "failed") {
    const restart = { title: l10n.t("Restart"), command: "buildxray.restart" };
    const select = { title: l10n.t("Select Interpreter"), command: "buildxray.selectInterpreter" };
    const command = state.remedy === "restart" ? restart : select;
    return { text: l10n.t("buildxray is not running"), detail: state.reason, command, isBusy, isError: true };
  }
  const command = { title: l10n.t("Change…"), command: "buildxray.selectPlatforms" };
  if (isBusy || status === undefined) {
    const text = isBusy ? l10n.t("buildxray is starting") : "buildxray";
    return { text, detail: "", command, isBusy, isError: false };
  }
  const detail = (status.origin ?? l10n.t("default")).replaceAll("`", "");
  return { text: status.targetPlatforms.join(", "), detail, command, isBusy, isError: false };
}
