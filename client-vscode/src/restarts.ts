/** Decide when a server that has stopped is restarted. */

/** The server is given up after this number of crashes within the period. */
export const tooMany = 5;
const periodInMilliseconds = 3 * 60 * 1000;

export class Restarts {
  private readonly crashes: number[] = [];

  /** Record a crash; returns the milliseconds to wait before the restart, or undefined to give up. */
  afterCrash(now: number): number | undefined {
    while (this.crashes[0] !== undefined && now - this.crashes[0] > periodInMilliseconds) {
      this.crashes.shift();
    }
    this.crashes.push(now);
    return this.crashes.length >= tooMany ? undefined : 250 * 2 ** (this.crashes.length - 1);
  }
}
