package io.linkspan.testing;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * States how long a test waits for what must happen. A test that passes does not wait for it; a
 * busy machine needs it. JUnit finds this extension by its service file, and each {@code await()}
 * without a bound of its own has this one.
 */
public final class Patience implements BeforeAllCallback {

  /** The longest wait for one event. */
  public static final Duration LONGEST = Duration.ofSeconds(60);

  /** {@link #LONGEST} in milliseconds. */
  public static final int MILLIS = (int) LONGEST.toMillis();

  /** {@link #LONGEST} in seconds. */
  public static final long SECONDS = LONGEST.toSeconds();

  @Override
  public void beforeAll(ExtensionContext context) {
    Awaitility.setDefaultTimeout(LONGEST);
  }
}
