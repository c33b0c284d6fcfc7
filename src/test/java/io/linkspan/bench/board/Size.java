package io.linkspan.bench.board;

/**
 * Says how large rows are.
 *
 * @param scale by which numbers of clients are multiplied
 */
public record Size(boolean quick, double scale) {

  private static final int QUICK_DIVISOR = 5;

  /** Returns a number of clients of a row, at least 2; a quick run has a fifth of them. */
  public int clients(int full) {
    return (int) Math.max(2, Math.round(full * scale / (quick ? QUICK_DIVISOR : 1)));
  }

  /** Returns one of two values: that of a whole run, or that of a quick one. */
  public int either(int full, int quickly) {
    return quick ? quickly : full;
  }
}
