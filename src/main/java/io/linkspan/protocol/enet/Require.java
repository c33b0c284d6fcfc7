package io.linkspan.protocol.enet;

import java.time.Duration;

/**
 * Turns down a configuration that makes no sense, by the key it has in the file. Not part of {@link
 * EnetConfig}, whose default is built from the records that ask this while they are initialized.
 */
final class Require {
  private Require() {}

  static void between(String key, int least, int value, int most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          key + " is " + value + ", must be " + least + " to " + most);
    }
  }

  static void positive(String key, Duration value) {
    if (value.toMillis() <= 0) {
      throw new IllegalArgumentException(key + " is " + value + ", must be at least 1 ms");
    }
  }
}
