package io.linkspan.config;

import java.io.IOException;

/** A port that the configuration names cannot be opened. */
public final class ListenException extends IOException {

  private static final long serialVersionUID = 1L;

  /**
   * @param section of the configuration that has the keys {@code host} and {@code port}
   */
  public ListenException(String section, String host, int port, Throwable cause) {
    super(
        "cannot listen at %s.host %s, %s.port %d: %s"
            .formatted(section, host, section, port, cause.getMessage()),
        cause);
  }
}
