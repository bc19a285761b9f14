/** Which files are build logs, by their names. */

/** What a build log may end with; `package.json` names the first in a menu. */
export const buildLogEndings = [".dockerbuild", ".rawjson", ".log"];

export function isBuildLog(path: string): boolean {
  const name = path.toLowerCase();
  return buildLogEndings.some((it) => name.endsWith(it));
}
