package io.linkspan.bench.peer;

import io.linkspan.testing.ClientLog;
import java.io.IOException;
import java.util.List;

/** Many clients of one server that resume their sessions. */
public interface Fleet extends AutoCloseable {

  /** Returns how many clients have a session and a link, and are members of the group. */
  int connected() throws IOException;

  /** Breaks the link of each client once in a period, and lets it reconnect after some time. */
  void startCutting(long periodMs, long awayMs) throws IOException;

  /** Ends the cuts. */
  void stopCutting() throws IOException;

  /** Returns what each client has seen. */
  List<ClientLog> logs() throws IOException;

  @Override
  void close() throws IOException;
}
