/** The page of the plan view. */

import { type Filter, filters } from "./planMessages";

export interface PageParts {
  readonly nonce: string;
  readonly source: string;
  readonly script: string;
  readonly styles: readonly string[];
  readonly words: {
    readonly platforms: string;
    readonly asProject: string;
    readonly zoomOut: string;
    readonly zoomIn: string;
    readonly fit: string;
    readonly actualSize: string;
    readonly exportPicture: string;
    readonly copyMarkdown: string;
    readonly search: string;
    readonly filter: string;
    readonly filters: Readonly<Record<Filter, string>>;
    readonly plan: string;
  };
}

export function planPage({ nonce, source, script, styles, words }: PageParts): string {
  const policy = `default-src 'none'; img-src data:; style-src ${source}; script-src 'nonce-${nonce}'`;
  return `<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
${styles.map((it) => `<link rel="stylesheet" href="${escaped(it)}">`).join("\n")}
<title>${escaped(words.plan)}</title>
</head>
<body>
<header role="toolbar" aria-label="${escaped(words.plan)}">
<details id="platforms"><summary title="${escaped(words.platforms)}" aria-label="${escaped(words.platforms)}"></summary>
<fieldset><legend>${escaped(words.platforms)}</legend><div></div>
<button id="as-project">${escaped(words.asProject)}</button></fieldset></details>
<select id="filter" title="${escaped(words.filter)}" aria-label="${escaped(words.filter)}">
${filters.map((it) => `<option value="${it}">${escaped(words.filters[it])}</option>`).join("\n")}
</select>
<input id="search" type="search" placeholder="${escaped(words.search)}" aria-label="${escaped(words.search)}">
<span class="gap"></span>
<button id="zoom-out" title="${escaped(words.zoomOut)}" aria-label="${escaped(words.zoomOut)}">−</button>
<button id="actual-size" title="${escaped(words.actualSize)}">100 %</button>
<button id="zoom-in" title="${escaped(words.zoomIn)}" aria-label="${escaped(words.zoomIn)}">+</button>
<button id="fit">${escaped(words.fit)}</button>
<button id="copy">${escaped(words.copyMarkdown)}</button>
<button id="export">${escaped(words.exportPicture)}</button>
</header>
<button id="notice" role="alert" hidden></button>
<main aria-label="${escaped(words.plan)}"></main>
<output></output>
<script nonce="${nonce}" src="${escaped(script)}"></script>
</body>
</html>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
