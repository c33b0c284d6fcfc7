package io.linkspan.testing;

/** Runs a browser, which scripts of {@code src/test/node} share. */
public final class Browser implements AutoCloseable {

  private static final String READY = "browser at ";
  private static final long TIMEOUT_MS = 180_000;

  private final NodeScript script;
  private final String endpoint;

  private Browser(NodeScript script, String endpoint) {
    this.script = script;
    this.endpoint = endpoint;
  }

  /** Starts the browser; returns when scripts can use it. */
  public static Browser start() throws InterruptedException {
    NodeScript script = NodeScript.start("playground.mjs", "browser", NodeScript.browser());
    try {
      String line = script.awaitLine("the browser", text -> text.startsWith(READY), TIMEOUT_MS);
      return new Browser(script, line.substring(READY.length()));
    } catch (AssertionError | InterruptedException e) {
      script.close();
      throw e;
    }
  }

  /** Returns the address at which scripts reach the browser. */
  public String endpoint() {
    return endpoint;
  }

  @Override
  public void close() {
    script.terminate();
  }
}
