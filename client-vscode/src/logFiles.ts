/** Recognise build logs by their file names. */

/** The extensions of build logs; `package.json` uses the first ones in a menu. */
export const buildLogEndings = [".dockerbuild", ".rawjson", ".log"];

export function isBuildLog(path: string): boolean {
  const name = path.toLowerCase();
  return buildLogEndings.some((it) => name.endsWith(it));
}
