/** When a server that has stopped is started again. */

/** So many crashes within the period are too many. */
export const tooMany = 5;
const periodInMilliseconds = 3 * 60 * 1000;

export class Restarts {
  private readonly crashes: number[] = [];

  /** Note a crash; gives how many milliseconds to wait for the next start, or undefined to give up. */
  afterCrash(now: number): number | undefined {
    while (this.crashes[0] !== undefined && now - this.crashes[0] > periodInMilliseconds) {
      this.crashes.shift();
    }
    this.crashes.push(now);
    return this.crashes.length >= tooMany ? undefined : 250 * 2 ** (this.crashes.length - 1);
  }
}
