/** What the server is told of this client that the protocol does not know; `docs/protocol.md` describes it. */

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
