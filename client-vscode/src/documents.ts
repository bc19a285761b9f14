/** The documents that the server watches. */

export const language = "dockerfile";

/** Files, new documents, and files of a repository that is opened without a copy of it; no old versions in a comparison. */
export const selector = ["file", "untitled", "vscode-vfs"].map((scheme) => ({ scheme, language }));
