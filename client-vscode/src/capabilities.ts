/** The capabilities of this client that the protocol does not define; `docs/protocol.md` describes them. */

import type { StaticFeature } from "vscode-languageclient/node";

export const showPlanCommand = "buildxray.showPlan";
export const chooseBuildCommand = "buildxray.chooseBuild";

export const capabilities: StaticFeature = {
  fillClientCapabilities: (all) => {
    const others = all.experimental as object | undefined;
    all.experimental = { ...others, buildxrayStatus: true, commands: { commands: [showPlanCommand, chooseBuildCommand] } };
  },
  initialize: () => undefined,
  getState: () => ({ kind: "static" }),
  clear: () => undefined,
};
