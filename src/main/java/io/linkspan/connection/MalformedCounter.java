package io.linkspan.connection;

/** Counts what one client sent that cannot be understood. Too much of it ends the connection. */
public final class MalformedCounter {

  private final Connection connection;
  private final int limit;
  private int count;

  /**
   * @param connection closed at the limit
   * @param limit 0 is none
   */
  public MalformedCounter(Connection connection, int limit) {
    this.connection = connection;
    this.limit = limit;
  }

  /** Counts one more. */
  public void increment() {
    count++;
    if (limit > 0 && count >= limit) {
      connection.close(CloseReason.MALFORMED);
    }
  }
}
