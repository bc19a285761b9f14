/** Search the `PATH` for executables like a shell, but never the current directory. */

import { posix, win32 } from "node:path";

/** The absolute paths of all executables with a name, best first. Relative entries depend on the current directory, and are skipped. */
export function onPath(
  name: string,
  searchPath: string,
  isWindows: boolean,
  isExecutable: (path: string) => boolean,
): string[] {
  const paths = isWindows ? win32 : posix;
  const file = isWindows && !name.toLowerCase().endsWith(".exe") ? `${name}.exe` : name;
  const directories = searchPath.split(paths.delimiter).map((it) => (isWindows ? it.replaceAll('"', "") : it));
  const found = directories.filter((it) => paths.isAbsolute(it)).map((it) => paths.join(it, file));
  return [...new Set(found)].filter((it) => isExecutable(it));
}
