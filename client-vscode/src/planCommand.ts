/** Tells the server that code lenses may open the plan view. */

import type { StaticFeature } from "vscode-languageclient/node";

export const showPlanCommand = "buildxray.showPlan";

export const showsPlans: StaticFeature = {
  fillClientCapabilities: (capabilities) => {
    const others = capabilities.experimental as object | undefined;
    capabilities.experimental = { ...others, commands: { commands: [showPlanCommand] } };
  },
  initialize: () => undefined,
  getState: () => ({ kind: "static" }),
  clear: () => undefined,
};
