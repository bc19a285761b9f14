/** The texts of the language status. */

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
    // A longer text would hide the command; the log contains the full reason.
    const [command, detail] =
      state.remedy === "restart"
        ? [restart, l10n.t("it has stopped too often")]
        : [select, l10n.t("no suitable Python was found")];
    return { text: l10n.t("buildxray is not running"), detail, command, isBusy, isError: true };
  }
  const command = { title: l10n.t("Change…"), command: "buildxray.selectPlatforms" };
  if (isBusy || status === undefined) {
    const text = isBusy ? l10n.t("buildxray is starting") : "buildxray";
    return { text, detail: "", command, isBusy, isError: false };
  }
  const origin = (status.origin ?? l10n.t("default")).replaceAll("`", "");
  return { text: status.targetPlatforms.join(", "), detail: origin, command, isBusy, isError: false };
}
