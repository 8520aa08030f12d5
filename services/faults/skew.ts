/**
 * Is imported before a target's own code to put its clock wrong by CLOCK_SKEW_MS milliseconds.
 */
const skew = Number(process.env.CLOCK_SKEW_MS ?? 0);
const RightDate = Date;

class SkewedDate extends RightDate {
  constructor(...args: [] | [string | number | Date]) {
    super(args.length === 0 ? RightDate.now() + skew : args[0]);
  }
  static override now(): number {
    return RightDate.now() + skew;
  }
}

globalThis.Date = SkewedDate as DateConstructor;
