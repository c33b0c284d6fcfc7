package io.linkspan.protocol.enet;

import java.time.Duration;

/**
 * Rejects impossible values in the configuration of a host, by the path of the component in {@link
 * EnetConfig}. The keys of the configuration file are checked where the file is read. Not part of
 * {@link EnetConfig}, whose default uses these checks during its initialization.
 */
final class Require {
  private Require() {}

  static void between(String component, int least, int value, int most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          component + " is " + value + ", must be " + least + " to " + most);
    }
  }

  static void positive(String component, Duration value) {
    if (value.toMillis() <= 0) {
      throw new IllegalArgumentException(component + " is " + value + ", must be at least 1 ms");
    }
  }
}
