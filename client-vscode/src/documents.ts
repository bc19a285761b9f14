/** The documents that are sent to the server. */

export const language = "dockerfile";

/** Files, new documents, and files of a repository opened without a local copy; not the old side of a comparison. */
export const selector = ["file", "untitled", "vscode-vfs"].map((scheme) => ({ scheme, language }));
